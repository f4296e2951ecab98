using Isolation.Sdk.Guard;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Attempts;

internal sealed class AttemptRecord(TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();
    private long _mark = time.GetTimestamp();

    public RunResult Result { get; set; } = new RunResult.Failed("It never ran.");

    public Stage Stage { get; set; }

    public Stage? FailedIn { get; private set; }

    public IsolationFault? Fault => (Exception as IsolationException)?.Fault;

    public Exception? Exception { get; private set; }

    public Capture? Capture { get; set; }

    // What holds it; what holds nobody is among the notices.
    public IReadOnlyList<GuardFinding> Findings { get; set; } = [];

    public IReadOnlyList<string> Notices { get; set; } = [];

    public IReadOnlyList<string> Contamination => [.. Findings.Select(f => f.ToString()), .. OwnTampering];

    // What of its own was altered. What all share the guard watches, who knows more of who it was.
    public IReadOnlyList<string> OwnTampering => [.. (Capture?.Tampering ?? []).Where(t => !Fingerprint.IsShared(t))];

    public TimeSpan SetupDuration { get; private set; }

    public TimeSpan RunDuration { get; private set; }

    public TimeSpan Elapsed => time.GetElapsedTime(_begun);

    public long Bytes { get; set; }

    public void EndSetup() => SetupDuration = Lap();

    public void EndRun() => RunDuration = Lap();

    // The first failure is the one that counts; what fails after it follows from it.
    public void Fail(Stage stage, RunResult.Failed result, Exception cause)
    {
        if (FailedIn is null)
        {
            (FailedIn, Result, Exception) = (stage, result, cause);
        }
    }

    private TimeSpan Lap()
    {
        long now = time.GetTimestamp();
        TimeSpan lap = time.GetElapsedTime(_mark, now);
        _mark = now;
        return lap;
    }
}
