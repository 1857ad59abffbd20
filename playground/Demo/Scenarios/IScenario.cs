using Demo.Echo;
using Demo.Terminal;

namespace Demo.Scenarios;

/// <summary>One thing that the demo shows.</summary>
internal interface IScenario
{
    /// <summary>Its name.</summary>
    string Title { get; }

    /// <summary>What to look at, in a line.</summary>
    string Explanation { get; }

    /// <summary>Shows it. Fails if it does not happen as it should.</summary>
    Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken);
}
