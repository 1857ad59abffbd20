using Rx.ThriftStreams;

namespace Demo.Chaos;

/// <summary>A balancer that counts what another one picks.</summary>
internal sealed class PickCounter(ThriftBalancer balancer) : ThriftBalancer
{
    private readonly Dictionary<string, long> _picks = [];
    private readonly Dictionary<string, ThriftCandidate> _candidates = [];

    public override bool TracksStreams => true;

    public override ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates)
    {
        lock (_picks)
        {
            foreach (var candidate in candidates)
            {
                _candidates[candidate.Endpoint.Address] = candidate;
            }
        }

        return new Picker(this, balancer.CreatePicker(candidates));
    }

    /// <summary>How often an endpoint was picked, and its latency.</summary>
    internal (long Picks, TimeSpan Latency) Of(string address)
    {
        lock (_picks)
        {
            return (_picks.GetValueOrDefault(address), _candidates.GetValueOrDefault(address)?.Latency ?? TimeSpan.Zero);
        }
    }

    private void Count(ThriftCandidate candidate)
    {
        lock (_picks)
        {
            _picks[candidate.Endpoint.Address] = _picks.GetValueOrDefault(candidate.Endpoint.Address) + 1;
        }
    }

    private sealed class Picker(PickCounter counter, ThriftPicker picker) : ThriftPicker
    {
        public override ThriftCandidate? Pick(in ThriftPickContext context)
        {
            var candidate = picker.Pick(context);
            if (candidate is not null)
            {
                counter.Count(candidate);
            }

            return candidate;
        }
    }
}
