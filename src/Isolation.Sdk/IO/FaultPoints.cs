namespace Isolation.Sdk.IO;

/// <summary>
/// Named steps at which a test can end the process. Each area names its own in an enum; outside of tests nothing
/// listens.
/// </summary>
internal readonly struct FaultPoints(Action<string> onStep)
{
    private readonly Action<string>? _onStep = onStep;

    public static FaultPoints None => default;

    public void OnStep<TStep>(TStep step)
        where TStep : struct, Enum => _onStep?.Invoke(step.ToString());
}
