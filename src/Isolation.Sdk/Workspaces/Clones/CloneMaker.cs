using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>Makes one private clone, whole or not at all.</summary>
internal sealed class CloneMaker(
    PrivateCloneOptions options,
    WorkspaceMaterializer filler,
    CloneSettings settings,
    WorkspaceRequest request,
    Task<TemplateTree?>? parked
)
{
    private readonly CloneRemoval _removal = new(filler.Context);

    /// <summary>Whether the attempt's ref is still to be created.</summary>
    public bool Issue { get; init; }

    private GitRepository Repository => filler.Context.Repository;

    private WorkersDirectory Workers => filler.Context.Workers;

    public async Task<PrivateCloneWorkspace> MakeAsync(CancellationToken cancellationToken)
    {
        AttemptId attempt = request.Lease.Attempt;
        WorkersDirectorySetup.Check(Workers, Repository);
        string path = Workers.WorkspaceOf(attempt);
        WorkspaceInfo info = new(
            path,
            PrivateCloneWorkspace.GitDirectoryOf(path),
            BranchName.Of(options.BranchTemplate, attempt),
            request.BaseCommit
        );
        if (Directory.Exists(path) || File.Exists(path))
        {
            throw new IsolationException(
                WorkspaceCodes.WorkspaceExists,
                $"'{path}' exists already.",
                "It is what an earlier process left: clean it up, or start a new attempt."
            );
        }

        await NoteAsync(WorkspaceNotes.Path, path, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.CloneBranch, info.Branch!, cancellationToken).ConfigureAwait(false);
        await NoteAsync(WorkspaceNotes.Base, request.BaseCommit, cancellationToken).ConfigureAwait(false);
        await PinBaseAsync(attempt, cancellationToken).ConfigureAwait(false);
        try
        {
            IReadOnlyList<KeyValuePair<string, string>> theirs = await settings
                .ReadAsync(Repository, cancellationToken)
                .ConfigureAwait(false);
            await PrepareAsync(path, cancellationToken).ConfigureAwait(false);
            using MaterializedFiles placed = await filler
                .PlaceAsync(path, request.BaseCommit, parked, cancellationToken)
                .ConfigureAwait(false);
            info = info with { CheckedOutBy = placed.By };
            new CloneWriter(Repository, options, filler.Context.Time).Write(info, theirs);
            await CompleteAsync(info, placed, theirs, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<string> copied = await ExtraFiles
                .CopyIgnoredAsync(Repository, path, options.CopiedGlobs, cancellationToken)
                .ConfigureAwait(false);
            IReadOnlyList<string> linked = ExtraFiles.Link(Repository, path, options.SharedPaths);
            WorkspaceFacts facts = new(CloneFingerprint.Take(info.GitDirectory), copied, linked)
            {
                TargetRef = request.TargetRef,
                CheckedOutBy = placed.By,
                CheckedOutAt = new PinMarker(info).Set(request.BaseCommit),
            };
            await NoteAsync(WorkspaceNotes.Made, facts.ToJson(), cancellationToken).ConfigureAwait(false);
            return new PrivateCloneWorkspace(Repository, attempt, info, facts, _removal, request.BaseCommit)
            {
                CheckedOutIndex = filler.KeepIndex(info, placed),
            };
        }
        catch (Exception e)
        {
            await _removal.RollBackAsync(attempt, info).ConfigureAwait(false);
            if (e is UnauthorizedAccessException or IOException)
            {
                throw WorkersDirectorySetup.Failed(Workers, e);
            }

            throw;
        }
    }

    private ValueTask NoteAsync(string key, string value, CancellationToken cancellationToken) =>
        request.Lease.NoteAsync(key, value, cancellationToken);

    /// <summary>The attempt's ref holds what the clone borrows: where it starts from, and later what it made of that. It has to be there, or is made.</summary>
    private async Task PinBaseAsync(AttemptId attempt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string name = AttemptNames.RefName(attempt);
        BaseCommits.Check(Repository, request.BaseCommit);
        bool pinned = Issue
            ? await Repository
                .TryUpdateAsync(new RefTransaction().Create(name, request.BaseCommit), cancellationToken)
                .ConfigureAwait(false)
            : (
                RefReader.Read(Repository.CommonDirectory, name)
                ?? await Repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false)
            ) == request.BaseCommit;
        if (!pinned)
        {
            throw BaseCommits.NotIssued(attempt, request.BaseCommit, "its ref is not there");
        }
    }

    private async Task PrepareAsync(string path, CancellationToken cancellationToken)
    {
        // Nothing of the repository is locked for it: only the folder of all workers is made, or taken away, by one at a time.
        using OsFileLock held = await OsFileLock
            .AcquireAsync(Repository.WorktreeLock, filler.Context.Time, cancellationToken)
            .ConfigureAwait(false);
        WorkersDirectorySetup.Prepare(Workers, Repository);
        filler.Context.Trash.DeleteLeftBehind(Workers.Trash);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    }

    private async Task CompleteAsync(
        WorkspaceInfo info,
        MaterializedFiles placed,
        IReadOnlyList<KeyValuePair<string, string>> theirs,
        CancellationToken cancellationToken
    )
    {
        // Large files that are not here yet come from the repository's own remote; the clone is not told of it.
        string? origin = theirs.LastOrDefault(s => s.Key == "remote.origin.url").Value;
        await filler
            .CompleteAsync(
                info,
                placed,
                GitLfs.IsSetUp(Repository) && origin is { Length: > 0 } ? [new("remote.origin.url", origin)] : [],
                cancellationToken
            )
            .ConfigureAwait(false);
        CloneLfs.Unlink(info.GitDirectory);
        if (
            await CloneSubmodules
                .ResolveAsync(Repository, info.Path, theirs, cancellationToken)
                .ConfigureAwait(false) is
            { Count: > 0 } addresses
        )
        {
            await File.AppendAllTextAsync(
                    Path.Combine(info.GitDirectory, "config"),
                    CloneSettings.Write(addresses),
                    cancellationToken
                )
                .ConfigureAwait(false);
        }
    }
}
