namespace Isolation.Sdk.IO;

// Named steps at which a test can end the process; outside of tests nothing listens.
internal readonly struct FaultPoints(Action<string> onStep)
{
    private readonly Action<string>? _onStep = onStep;

    public static FaultPoints None => default;

    public void OnStep<TStep>(TStep step)
        where TStep : struct, Enum => _onStep?.Invoke(step.ToString());
}
