namespace Isolation.Sdk.Merging;

internal abstract record LandingResult
{
    private LandingResult() { }

    // As they are in history now: messages may have been written anew.
    public sealed record Landed(IReadOnlyList<Candidate> Candidates) : LandingResult;

    public sealed record Moved : LandingResult;

    public sealed record Changed(AttemptId Attempt) : LandingResult;

    public sealed record Refused(string Reason) : LandingResult;

    // Something around it is in the way, a remote for example.
    public sealed record Blocked(string Reason) : LandingResult;
}
