using System.Buffers.Binary;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

/// <summary>Gets the files of a base commit into a new workspace: first the folder, before git knows of it, and when it does, the index or git's own checkout.</summary>
internal sealed class WorkspaceMaterializer(WorkspaceContext context, WorkspaceOptions options, TemplateTrees trees)
{
    private const int LongestReason = 500;

    // On a full disk nothing can be tried; what is known then is asked again.
    private readonly Lazy<FileSystemFeatures> _abilities = new(
        () => PlatformFiles.Current.Detect(context.Workers.Root),
        LazyThreadSafetyMode.PublicationOnly
    );

    /// <summary>Whether trees are made for the workspaces to come.</summary>
    public bool MakesTemplates { get; init; } = true;

    /// <summary>Whether workspaces are used again.</summary>
    public bool KeepsIndexes { get; init; }

    public WorkspaceContext Context => context;

    /// <summary>Makes the folder of a workspace, with its files if they are at hand.</summary>
    /// <param name="path">A path that is free, in a folder that exists.</param>
    /// <param name="commit">The base.</param>
    /// <param name="parked">A tree at that base to be handed out, once it is ready.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<MaterializedFiles> PlaceAsync(
        string path,
        string commit,
        Task<TemplateTree?>? parked,
        CancellationToken cancellationToken
    )
    {
        if (parked is not null && await parked.ConfigureAwait(false) is { } tree)
        {
            if (tree.Index is { } known && context.Settings.UnsupportedReason() is null)
            {
                tree.MoveFilesTo(path);
                return new MaterializedFiles(ChooseMethod(), known, tree, isLast: true);
            }

            tree.Discard();
        }

        CheckoutMethod way = ChooseMethod();
        if (
            way != CheckoutMethod.Checkout
            && await TryPlaceAsync(way, path, commit, cancellationToken).ConfigureAwait(false) is { } copied
        )
        {
            return copied;
        }

        Directory.CreateDirectory(path);
        return new MaterializedFiles(CheckoutMethod.Checkout, null);
    }

    /// <summary>Completes it once it has a git directory.</summary>
    /// <param name="info">The workspace.</param>
    /// <param name="placed">What is there already.</param>
    /// <param name="settings">For git's checkout, on top of what every such command gets.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task CompleteAsync(
        WorkspaceInfo info,
        MaterializedFiles placed,
        IReadOnlyList<KeyValuePair<string, string>> settings,
        CancellationToken cancellationToken
    )
    {
        context.Faults.Reached(WorkspaceStep.GitMade);
        string index = Path.Combine(info.GitDirectory, "index");
        if (placed.TryInstallIndex(index))
        {
            context.Faults.Reached(WorkspaceStep.Indexed);
            return;
        }

        await CheckOutAsync(info.Path, settings, cancellationToken).ConfigureAwait(false);
        context.Faults.Reached(WorkspaceStep.Indexed);
        if (
            MakesTemplates
            && options.CheckoutMethod == CheckoutMethod.Auto
            && ChooseMethod() is not CheckoutMethod.Checkout and var way
            && CountOf(index) >= TemplateTrees.MinimumFiles
        )
        {
            trees.MakeInBackground(info.BaseCommit, subvolume: way == CheckoutMethod.Snapshot);
        }
    }

    /// <summary>What a workspace's files were when it was made, where somebody will ask.</summary>
    public IndexFile? KeepIndex(WorkspaceInfo info, MaterializedFiles placed) =>
        !KeepsIndexes
            ? null
            : placed.Index
                ?? IndexFile.TryRead(Path.Combine(info.GitDirectory, "index"), context.Repository.ObjectFormat);

    /// <summary>What is asked for and not to be had.</summary>
    public IsolationFault? FindFault()
    {
        try
        {
            return options.CheckoutMethod switch
            {
                CheckoutMethod.Snapshot when !_abilities.Value.Snapshot => Impossible(
                    "make snapshots",
                    "Put the workers on btrfs with .UseWorkersDirectory(path), or leave CheckoutMethod at Auto."
                ),
                CheckoutMethod.Reflink when !_abilities.Value.Reflink => Impossible(
                    "share blocks between files",
                    "Put the workers on XFS or btrfs with .UseWorkersDirectory(path), or leave CheckoutMethod at Auto."
                ),
                CheckoutMethod.Copy when !OperatingSystem.IsLinux() => Impossible(
                    "copy trees",
                    "That is Linux alone so far: leave CheckoutMethod at Auto."
                ),
                _ => null,
            };
        }
        catch (IOException e) when (DiskErrors.IsFull(e))
        {
            return null; // Nobody can tell before there is room.
        }
    }

    private IsolationFault Impossible(string what, string remedy) =>
        new(
            WorkspaceCodes.CheckoutMethodUnsupported,
            $"The file system of '{context.Workers.Root}' cannot {what}.",
            remedy
        );

    private CheckoutMethod ChooseMethod() =>
        options.CheckoutMethod switch
        {
            CheckoutMethod.Auto when !OperatingSystem.IsLinux() || options.MaxTemplateTrees == 0 =>
                CheckoutMethod.Checkout,
            CheckoutMethod.Auto => _abilities.Value switch
            {
                { Snapshot: true } => CheckoutMethod.Snapshot,
                { Reflink: true } => CheckoutMethod.Reflink,
                _ => CheckoutMethod.Copy,
            },
            _ => FindFault() is { } fault
                ? throw new IsolationException(fault.Code, fault.Message, fault.Remedy)
                : options.CheckoutMethod,
        };

    private async Task<MaterializedFiles?> TryPlaceAsync(
        CheckoutMethod way,
        string path,
        string commit,
        CancellationToken cancellationToken
    )
    {
        try
        {
            TemplateTree? tree = await trees
                .BorrowAsync(
                    commit,
                    subvolume: way == CheckoutMethod.Snapshot,
                    make: options.CheckoutMethod != CheckoutMethod.Auto,
                    cancellationToken
                )
                .ConfigureAwait(false);
            return tree is null ? null : await TryCopyAsync(tree, way, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is IsolationException or UnauthorizedAccessException or IOException && !DiskErrors.IsFull(e))
        {
            // Git may know how, or says why not; and it needs less room than a tree and a workspace, once what was begun is gone.
            SafeDelete.DeleteTree(path);
            await context.Trash.EmptyAsync().ConfigureAwait(false);
            return null;
        }
    }

    private async Task<MaterializedFiles?> TryCopyAsync(
        TemplateTree tree,
        CheckoutMethod way,
        string path,
        CancellationToken cancellationToken
    )
    {
        if (way == CheckoutMethod.Snapshot)
        {
            if (TrySnapshot(tree, path))
            {
                context.Faults.Reached(WorkspaceStep.Filled);
                return new MaterializedFiles(way, null, tree);
            }

            trees.Invalidate(tree);
            SafeDelete.DeleteTree(path);
            return null;
        }

        using (tree)
        {
            if (
                await trees
                    .CopyAsync(tree, path, share: way == CheckoutMethod.Reflink, cancellationToken)
                    .ConfigureAwait(false) is
                { } copied
            )
            {
                return new MaterializedFiles(way, copied);
            }

            trees.Invalidate(tree);
            SafeDelete.DeleteTree(path);
            return null;
        }
    }

    private static bool TrySnapshot(TemplateTree tree, string path)
    {
        try
        {
            // Looked at afterwards: the snapshot is a transaction, and only then is known what was written before it.
            PlatformFiles.Current.Snapshot(tree.Files, path);
            return PlatformFiles.Current.InspectSubvolume(tree.Files) is { IsReadOnly: true } now
                && now.Generation == tree.Record!.Generation;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    private async Task CheckOutAsync(
        string path,
        IReadOnlyList<KeyValuePair<string, string>> settings,
        CancellationToken cancellationToken
    )
    {
        GitRepository repository = context.Repository;
        GitCommand fill = GitCommand.In(path, "reset", "--hard", "--quiet") with
        {
            Environment = GitLfs.Environment(
                repository,
                [.. TemplateGit.SeveralWriters, .. context.Settings.NoAttributesFromHome, .. settings]
            ),
            Remote = GitLfs.IsSetUp(repository),
        };
        GitResult answer = await repository.Client.TryRunAsync(fill, cancellationToken).ConfigureAwait(false);
        if (answer.Ok)
        {
            return;
        }

        string said = answer.Error.Trim().ReplaceLineEndings(" ");

        // A filter process that cannot be started shows as nothing but a connection that broke.
        bool lfs = new[] { "filter 'lfs'", "filter lfs", "git-lfs", "hung up unexpectedly" }.Any(sign =>
            said.Contains(sign, StringComparison.Ordinal)
        );
        throw lfs
            ? new IsolationException(
                WorkspaceCodes.LfsMissing,
                "The base commit has files in Git LFS, and git-lfs could not give their content.",
                "Install git-lfs and run 'git lfs install' for the user who runs this."
            )
            : new IsolationException(
                WorkspaceCodes.CheckoutFailed,
                $"The files could not be written: {PlainText.SingleLine(said, LongestReason)}",
                WorkersDirectorySetup.FullRemedy
            );
    }

    private static uint CountOf(string index)
    {
        Span<byte> head = stackalloc byte[12];
        using FileStream stream = new(index, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length
            ? BinaryPrimitives.ReadUInt32BigEndian(head[8..])
            : 0;
    }
}
