using System.Buffers.Binary;
using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Workspaces.Trees;

namespace Isolation.Sdk.Workspaces;

/// <summary>Gets the files of a base commit into a new workspace: first the folder, before git knows of it, and when it does, the index or git's own checkout.</summary>
internal sealed class WorkspaceFiller(TreeContext context, WorkspaceOptions options, PristineTrees trees)
{
    private const int LongestReason = 500;

    // On a full disk nothing can be tried; what is known then is asked again.
    private readonly Lazy<FileSystemAbilities> _abilities = new(
        () => FileSystemAbilities.Of(context.Workers.Root),
        LazyThreadSafetyMode.PublicationOnly
    );

    /// <summary>Whether trees are made for the workspaces to come.</summary>
    public bool MakesTrees { get; init; } = true;

    /// <summary>Whether workspaces are used again.</summary>
    public bool KeepsIndexes { get; init; }

    public TreeContext Context => context;

    /// <summary>Makes the folder of a workspace, with its files if they are at hand.</summary>
    /// <param name="path">A path that is free, in a folder that exists.</param>
    /// <param name="commit">The base.</param>
    /// <param name="parked">A tree at that base to be handed out, once it is ready.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<Placement> PlaceAsync(
        string path,
        string commit,
        Task<PreparedTree?>? parked,
        CancellationToken cancellationToken
    )
    {
        if (parked is not null && await parked.ConfigureAwait(false) is { } tree)
        {
            if (tree.Index is { } known && context.Settings.WhyNot() is null)
            {
                tree.MoveFilesTo(path);
                return new Placement(Way(), known, tree, isLast: true);
            }

            tree.Discard();
        }

        Filling way = Way();
        if (
            way != Filling.Checkout
            && await TryPlaceAsync(way, path, commit, cancellationToken).ConfigureAwait(false) is { } copied
        )
        {
            return copied;
        }

        Directory.CreateDirectory(path);
        return new Placement(Filling.Checkout, null);
    }

    /// <summary>Completes it once it has a git directory.</summary>
    /// <param name="info">The workspace.</param>
    /// <param name="placed">What is there already.</param>
    /// <param name="settings">For git's checkout, on top of what every such command gets.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task CompleteAsync(
        WorkspaceInfo info,
        Placement placed,
        IReadOnlyList<KeyValuePair<string, string>> settings,
        CancellationToken cancellationToken
    )
    {
        context.Reached(TreeStep.GitMade);
        string index = Path.Combine(info.GitDirectory, "index");
        if (placed.TryInstallIndex(index))
        {
            context.Reached(TreeStep.Indexed);
            return;
        }

        await CheckOutAsync(info.Path, settings, cancellationToken).ConfigureAwait(false);
        context.Reached(TreeStep.Indexed);
        if (
            MakesTrees
            && options.Filling == Filling.Auto
            && Way() is not Filling.Checkout and var way
            && CountOf(index) >= PristineTrees.WorthFrom
        )
        {
            trees.MakeBehind(info.BaseCommit, subvolume: way == Filling.Snapshot);
        }
    }

    /// <summary>What a workspace's files were when it was made, where somebody will ask.</summary>
    public IndexFile? KeepIndex(WorkspaceInfo info, Placement placed) =>
        !KeepsIndexes
            ? null
            : placed.Index
                ?? IndexFile.TryRead(Path.Combine(info.GitDirectory, "index"), context.Repository.ObjectFormat);

    /// <summary>What is asked for and not to be had.</summary>
    public IsolationFault? FindFault()
    {
        try
        {
            return options.Filling switch
            {
                Filling.Snapshot when !_abilities.Value.Snapshot => Impossible(
                    "make snapshots",
                    "Put the workers on btrfs with .WorkersAt(path), or leave Filling at Auto."
                ),
                Filling.Reflink when !_abilities.Value.Reflink => Impossible(
                    "share blocks between files",
                    "Put the workers on XFS or btrfs with .WorkersAt(path), or leave Filling at Auto."
                ),
                Filling.Copy when !OperatingSystem.IsLinux() => Impossible(
                    "copy trees",
                    "That is Linux alone so far: leave Filling at Auto."
                ),
                _ => null,
            };
        }
        catch (IOException e) when (WorkersRoot.IsFull(e))
        {
            return null; // Nobody can tell before there is room.
        }
    }

    private IsolationFault Impossible(string what, string remedy) =>
        new(WorkspaceCodes.FillingImpossible, $"The file system of '{context.Workers.Root}' cannot {what}.", remedy);

    private Filling Way() =>
        options.Filling switch
        {
            Filling.Auto when !OperatingSystem.IsLinux() || options.PristineTrees == 0 => Filling.Checkout,
            Filling.Auto => _abilities.Value switch
            {
                { Snapshot: true } => Filling.Snapshot,
                { Reflink: true } => Filling.Reflink,
                _ => Filling.Copy,
            },
            _ => FindFault() is { } fault
                ? throw new IsolationException(fault.Code, fault.Message, fault.Remedy)
                : options.Filling,
        };

    private async Task<Placement?> TryPlaceAsync(
        Filling way,
        string path,
        string commit,
        CancellationToken cancellationToken
    )
    {
        try
        {
            PreparedTree? tree = await trees
                .BorrowAsync(
                    commit,
                    subvolume: way == Filling.Snapshot,
                    make: options.Filling != Filling.Auto,
                    cancellationToken
                )
                .ConfigureAwait(false);
            return tree is null ? null : await TryCopyAsync(tree, way, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is IsolationException or UnauthorizedAccessException or IOException && !WorkersRoot.IsFull(e))
        {
            // Git may know how, or says why not; and it needs less room than a tree and a workspace, once what was begun is gone.
            SafeDelete.Tree(path);
            await context.Trash.EmptyAsync().ConfigureAwait(false);
            return null;
        }
    }

    private async Task<Placement?> TryCopyAsync(
        PreparedTree tree,
        Filling way,
        string path,
        CancellationToken cancellationToken
    )
    {
        if (way == Filling.Snapshot)
        {
            if (TrySnapshot(tree, path))
            {
                context.Reached(TreeStep.Filled);
                return new Placement(way, null, tree);
            }

            trees.Doubt(tree);
            SafeDelete.Tree(path);
            return null;
        }

        using (tree)
        {
            if (
                await trees
                    .CopyAsync(tree, path, share: way == Filling.Reflink, cancellationToken)
                    .ConfigureAwait(false) is
                { } copied
            )
            {
                return new Placement(way, copied);
            }

            trees.Doubt(tree);
            SafeDelete.Tree(path);
            return null;
        }
    }

    private static bool TrySnapshot(PreparedTree tree, string path)
    {
        try
        {
            // Looked at afterwards: the snapshot is a transaction, and only then is known what was written before it.
            Btrfs.Snapshot(tree.Files, path);
            return Btrfs.Look(tree.Files) is { IsReadOnly: true } now && now.Generation == tree.Record!.Generation;
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
            Environment = Lfs.Environment(
                repository,
                [.. TreeGit.SeveralWriters, .. context.Settings.NoAttributesFromHome, .. settings]
            ),
            Remote = Lfs.IsSetUp(repository),
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
                $"The files could not be written: {PlainText.Line(said, LongestReason)}",
                WorkersRoot.FullRemedy
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
