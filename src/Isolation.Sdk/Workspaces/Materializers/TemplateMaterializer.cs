using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

internal sealed class TemplateMaterializer(WorkspaceContext context, TemplateTrees trees) : IWorkspaceMaterializer
{
    // A copy keeps a few processors busy by itself: more at once wait for each other in the kernel.
    private readonly SemaphoreSlim _copying = new(
        Math.Max(1, Environment.ProcessorCount / PlatformFiles.Current.MaxThreads)
    );

    // On a full disk nothing can be tried: it is asked again.
    private readonly Lazy<FileSystemFeatures> _features = new(
        () => PlatformFiles.Current.Detect(context.Workers.Root),
        LazyThreadSafetyMode.PublicationOnly
    );

    private CheckoutMethod Wanted => context.Options.CheckoutMethod;

    public CheckoutMethod Choose() =>
        Wanted switch
        {
            CheckoutMethod.Auto when !OperatingSystem.IsLinux() || context.Options.MaxTemplateTrees == 0 =>
                CheckoutMethod.Checkout,
            CheckoutMethod.Auto => _features.Value switch
            {
                { Snapshot: true } => CheckoutMethod.Snapshot,
                { Reflink: true } => CheckoutMethod.Reflink,
                _ => CheckoutMethod.Copy,
            },
            _ => FindFault() is { } fault ? throw new IsolationException(fault) : Wanted,
        };

    public IsolationFault? FindFault()
    {
        try
        {
            return Wanted switch
            {
                CheckoutMethod.Snapshot when !_features.Value.Snapshot => Unsupported(
                    "make snapshots",
                    "Put the workers on btrfs with .UseWorkersDirectory(path), or leave CheckoutMethod at Auto."
                ),
                CheckoutMethod.Reflink when !_features.Value.Reflink => Unsupported(
                    "share blocks between files",
                    "Put the workers on XFS or btrfs with .UseWorkersDirectory(path), or leave CheckoutMethod at Auto."
                ),
                CheckoutMethod.Copy when !_features.Value.CopyTrees => Unsupported(
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

    public async Task<MaterializedFiles?> TryMaterializeAsync(
        string path,
        string commit,
        CancellationToken cancellationToken
    )
    {
        CheckoutMethod method = Choose();
        if (method == CheckoutMethod.Checkout)
        {
            return null;
        }

        // Who waits to copy holds no template: it could not be moved to the next base.
        bool copies = method != CheckoutMethod.Snapshot;
        if (copies)
        {
            await _copying.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            TemplateTree? tree = await trees
                .BorrowAsync(commit, subvolume: !copies, make: Wanted != CheckoutMethod.Auto, cancellationToken)
                .ConfigureAwait(false);
            return tree is null ? null
                : copies ? await TryCopyAsync(tree, method, path, cancellationToken).ConfigureAwait(false)
                : TrySnapshot(tree, path);
        }
        catch (Exception e)
            when (e is IsolationException or UnauthorizedAccessException or IOException && !DiskErrors.IsFull(e))
        {
            // Git may know how, or says why not; and it needs less room.
            SafeDelete.DeleteTree(path);
            await context.Trash.EmptyAsync().ConfigureAwait(false);
            return null;
        }
        finally
        {
            if (copies)
            {
                _copying.Release();
            }
        }
    }

    // Of what git checks out.
    public bool MayMake(string commit) =>
        Wanted == CheckoutMethod.Auto && Choose() != CheckoutMethod.Checkout && trees.CanHold(commit);

    public void MakeInBackground(string commit, uint files)
    {
        if (files >= TemplateTrees.MinimumFiles && MayMake(commit))
        {
            trees.MakeInBackground(commit, subvolume: Choose() == CheckoutMethod.Snapshot);
        }
    }

    private MaterializedFiles? TrySnapshot(TemplateTree tree, string path)
    {
        try
        {
            // Inspected afterwards: only then is known what was written before the snapshot.
            PlatformFiles.Current.Snapshot(tree.Files, path);
            if (
                PlatformFiles.Current.InspectSubvolume(tree.Files) is { IsReadOnly: true } now
                && now.Generation == tree.Record!.Generation
            )
            {
                context.Faults.OnStep(WorkspaceStep.Materialized);
                return new MaterializedFiles(context, CheckoutMethod.Snapshot, tree: tree);
            }
        }
        catch
        {
            tree.Dispose();
            throw;
        }

        return GiveUp(tree, path);
    }

    private async Task<MaterializedFiles?> TryCopyAsync(
        TemplateTree tree,
        CheckoutMethod method,
        string path,
        CancellationToken cancellationToken
    )
    {
        using (tree)
        {
            Directory.CreateDirectory(path);
            if (
                tree.Index is { } index
                && index.Copy() is var copied
                && await PlatformFiles
                    .Current.CopyTreeAsync(
                        new TreeCopy(
                            index,
                            copied,
                            tree.Files,
                            path,
                            DateTimeOffset.FromUnixTimeSeconds(tree.Record!.Stamp),
                            ShareBlocks: method == CheckoutMethod.Reflink
                        )
                        {
                            OnBegun = () => context.Faults.OnStep(WorkspaceStep.MidCopy),
                        },
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                context.Faults.OnStep(WorkspaceStep.Materialized);
                return new MaterializedFiles(context, method, copied);
            }

            return GiveUp(tree, path);
        }
    }

    private MaterializedFiles? GiveUp(TemplateTree tree, string path)
    {
        trees.Invalidate(tree);
        SafeDelete.DeleteTree(path);
        return null;
    }

    private IsolationFault Unsupported(string what, string remedy) =>
        new(
            WorkspaceCodes.CheckoutMethodUnsupported,
            $"The file system of '{context.Workers.Root}' cannot {what}.",
            remedy
        );
}
