namespace Isolation.Sdk.Merging;

/// <summary>What became of a landing. Only <see cref="Landed"/> moved the target to the candidates' tip.</summary>
internal abstract record LandingResult
{
    private LandingResult() { }

    /// <summary>All are in the target, as they are in history now: messages may have been written anew.</summary>
    public sealed record Landed(IReadOnlyList<Candidate> Candidates) : LandingResult;

    public sealed record Moved : LandingResult;

    public sealed record Changed(AttemptId Attempt) : LandingResult;

    public sealed record Refused(string Reason) : LandingResult;

    /// <summary>Something around it is in the way, a remote for example; they may land later as it is.</summary>
    public sealed record Blocked(string Reason) : LandingResult;
}
