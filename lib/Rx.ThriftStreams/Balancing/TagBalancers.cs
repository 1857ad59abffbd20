namespace Rx.ThriftStreams.Balancing;

/// <summary>A tag with a value.</summary>
internal sealed record TagRule
{
    internal TagRule(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        (Name, Value) = (name, value);
    }

    internal string Name { get; }

    internal string Value { get; }

    internal bool Holds(ThriftCandidate candidate) => candidate.Endpoint.Tags.TryGetValue(Name, out var value) && value == Value;
}

/// <summary>Balances over the endpoints with a tag.</summary>
internal sealed class TagFilterBalancer : ThriftBalancer
{
    private readonly ThriftBalancer _inner;
    private readonly TagRule _rule;

    internal TagFilterBalancer(ThriftBalancer inner, TagRule rule)
    {
        ArgumentNullException.ThrowIfNull(inner);
        (_inner, _rule) = (inner, rule);
    }

    public override bool TracksStreams => _inner.TracksStreams;

    public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates) => _inner.CreatePicker([.. candidates.Where(_rule.Holds)]);
}

/// <summary>Balances over the endpoints with a tag, then over the others.</summary>
internal sealed class TagPreferenceBalancer : ThriftBalancer
{
    private readonly ThriftBalancer _inner;
    private readonly TagRule _rule;

    internal TagPreferenceBalancer(ThriftBalancer inner, TagRule rule)
    {
        ArgumentNullException.ThrowIfNull(inner);
        (_inner, _rule) = (inner, rule);
    }

    public override bool TracksStreams => _inner.TracksStreams;

    public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates) => new PreferencePicker(
        _inner.CreatePicker([.. candidates.Where(_rule.Holds)]),
        _inner.CreatePicker([.. candidates.Where(candidate => !_rule.Holds(candidate))]));

    private sealed class PreferencePicker(ThriftPicker preferred, ThriftPicker others) : ThriftPicker
    {
        public override ThriftCandidate? Pick(in ThriftPickContext context) => preferred.Pick(context) ?? others.Pick(context);
    }
}
