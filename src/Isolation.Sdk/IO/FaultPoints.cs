namespace Isolation.Sdk.IO;

/// <summary>Named steps at which a test can end the process. Each area names its own in an enum; outside of tests nothing listens.</summary>
internal sealed class FaultPoints(Action<string>? onStep = null)
{
    public static FaultPoints None { get; } = new();

    public void Reached<TStep>(TStep step)
        where TStep : struct, Enum => onStep?.Invoke(step.ToString());
}
