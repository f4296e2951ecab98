namespace Isolation.Sdk.Scheduling;

// Codes of a run and of what it is given: ISO0904, ISO0907, ISO0922 to ISO0925.
internal static class SchedulingCodes
{
    public const string BadOption = "ISO0904";
    public const string BadTarget = "ISO0907";
    public const string AlreadyRunning = "ISO0922";
    public const string NoTracker = "ISO0923";
    public const string UnknownAttempt = "ISO0924";
    public const string SourceFailed = "ISO0925";
}
