namespace Rx.ThriftStreams.Comparison;

/// <summary>What one measurement found.</summary>
/// <param name="PerSecond">Messages per second.</param>
/// <param name="Processor">Processor time per message of client and server together, in microseconds.</param>
internal readonly record struct Figures(double PerSecond, double Processor);
