using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

internal sealed record WorkspaceCreation(WorkspaceContext Context, WorkspaceRequest Request, bool IssuesAttempt)
{
    public AttemptId Attempt => Request.Lease.Attempt;

    public GitRepository Repository => Context.Repository;

    public ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken) =>
        Request.Lease.NoteAsync(key, value, cancellationToken);

    public void Check(string path)
    {
        if (Directory.Exists(path) || File.Exists(path))
        {
            throw new IsolationException(
                WorkspaceCodes.WorkspaceExists,
                $"'{path}' exists already.",
                "It is what an earlier process left: clean it up, or start a new attempt."
            );
        }

        string id = Request.BaseCommit;
        if (id.Length != Repository.NullId.Length || !id.All(char.IsAsciiHexDigitLower))
        {
            throw new IsolationException(
                GitCodes.UnknownRevision,
                $"'{(id.Length > 80 ? id[..80] : id)}' is not the full id of a commit.",
                "Resolve the name to a commit first: names move."
            );
        }
    }

    public IsolationException NotIssued(string why) =>
        new(
            WorkspaceCodes.StaleAttempt,
            $"Attempt {Attempt} was not issued at {Request.BaseCommit[..10]}: {why}",
            "Issue the attempt by creating its ref at the base commit, and only once."
        );
}
