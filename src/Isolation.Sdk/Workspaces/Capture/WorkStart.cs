using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// Where it started, or the newest commit of the target that it has brought in since, by whatever command.
internal sealed class WorkStart(GitRepository repository, WorkspaceInfo info, string? targetRef)
{
    public async Task<string> FindAsync(string commit, CancellationToken cancellationToken)
    {
        if (
            targetRef is null
            || commit == info.BaseCommit
            || HasOnlyCommitted()
            || RefReader.Read(repository.CommonDirectory, targetRef) == info.BaseCommit
        )
        {
            return info.BaseCommit;
        }

        GitResult nearest = await repository
            .TryRunAsync(cancellationToken, "merge-base", commit, targetRef)
            .ConfigureAwait(false);
        if (!nearest.Ok || nearest.Line == info.BaseCommit)
        {
            return info.BaseCommit;
        }

        // What the start had already is nothing new of the target.
        return await repository.IsAncestorAsync(nearest.Line, info.BaseCommit, cancellationToken).ConfigureAwait(false)
            ? info.BaseCommit
            : nearest.Line;
    }

    // Saves most workers the process: who did nothing but commit brought nothing in.
    private bool HasOnlyCommitted()
    {
        string log = Path.Combine(info.GitDirectory, "logs", "HEAD");
        return File.Exists(log) && File.ReadLines(log).All(IsHarmless);
    }

    private static bool IsHarmless(string line)
    {
        string[] ids = line.Split(' ', 3);
        string said = line[(line.IndexOf('\t') + 1)..];
        return ids.Length == 3
            && (
                ids[0] == ids[1]
                || ids[0].All(c => c == '0')
                || said.StartsWith("commit: ", StringComparison.Ordinal)
                || said.StartsWith("commit (amend): ", StringComparison.Ordinal)
            );
    }
}
