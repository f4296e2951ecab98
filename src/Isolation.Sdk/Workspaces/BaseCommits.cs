using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

/// <summary>What a workspace may start from: a commit by its full id, at which the attempt was issued.</summary>
internal static class BaseCommits
{
    public static void Check(GitRepository repository, string id)
    {
        if (id.Length != repository.NullId.Length || !id.All(char.IsAsciiHexDigitLower))
        {
            throw new IsolationException(
                GitCodes.UnknownRevision,
                $"'{(id.Length > 80 ? id[..80] : id)}' is not the full id of a commit.",
                "Resolve the name to a commit first: names move."
            );
        }
    }

    public static IsolationException NotIssued(AttemptId attempt, string id, string why) =>
        new(
            WorkspaceCodes.StaleAttempt,
            $"Attempt {attempt} was not issued at {id[..10]}: {why}",
            "Issue the attempt by creating its ref at the base commit, and only once."
        );
}
