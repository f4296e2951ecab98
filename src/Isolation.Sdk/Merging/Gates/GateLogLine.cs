namespace Isolation.Sdk.Merging;

internal sealed record GateLogLine(
    DateTimeOffset At,
    int Run,
    string Tree,
    string Commit,
    GateVerdict Verdict,
    double Milliseconds
)
{
    public IReadOnlyList<string> Attempts { get; init; } = [];

    public string Gate { get; init; } = "";

    public string Environment { get; init; } = "";

    public int Concurrency { get; init; } = 1;

    public bool Flaky { get; init; }

    public string? Command { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }

    public string? Log { get; init; }

    public string? Signature { get; init; }

    public static GateLogLine Of(GateResult result, QueueCandidate candidate, DateTimeOffset at, int number) =>
        new(at, number, candidate.Tree, candidate.Commit, result.Verdict, result.Elapsed.TotalMilliseconds)
        {
            Attempts = [.. candidate.Attempts.Select(LandingMessage.Name)],
            Flaky = result.Flaky,
            Command = result.Command,
            ExitCode = result.ExitCode,
            Reason = result.Reason,
            Log = result.LogFile,
        };

    public GateResult ToResult() =>
        new(Verdict, Tree, TimeSpan.FromMilliseconds(Milliseconds))
        {
            Command = Command,
            ExitCode = ExitCode,
            Reason = Reason,
            LogFile = Log,
            Flaky = Flaky,
        };
}
