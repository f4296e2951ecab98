namespace Isolation.Sdk.Platform;

internal static class TreeCopier
{
    public static async Task<bool> CopyAsync(TreeCopy copy, CancellationToken cancellationToken)
    {
        IFileManifest manifest = copy.Manifest;
        TreeDirectories folders = new(manifest);
        bool altered = false;
        int parts = 0;
        await folders
            .OnAllAsync(part =>
            {
                using DirectoryCursor source = new(manifest, folders, copy.From, makes: false),
                    target = new(manifest, folders, copy.To, makes: true);
                using FileCopier copier = new(manifest, copy.Made, copy.Stamp, copy.ShareBlocks);
                for (int i = part.Start.Value; i < part.End.Value && !altered; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    TreeDirectory folder = folders.All[i];
                    int there = target.GoTo(i),
                        here = source.GoTo(i);
                    altered |= here < 0 || !copier.TryCopy(folder, here, there);
                }

                if (Interlocked.Increment(ref parts) == 1)
                {
                    copy.OnBegun();
                }
            })
            .ConfigureAwait(false);
        return !altered;
    }

    public static void Stamp(
        IFileManifest manifest,
        string folder,
        DateTimeOffset stamp,
        IReadOnlyCollection<int>? entries
    )
    {
        TreeDirectories folders = new(manifest, entries);
        folders
            .OnAllAsync(part =>
            {
                using DirectoryCursor cursor = new(manifest, folders, folder, makes: false);
                using FileCopier copier = new(manifest, manifest, stamp, share: false);
                for (int i = part.Start.Value; i < part.End.Value; i++)
                {
                    if (folders.All[i].Entries.Count > 0)
                    {
                        copier.Settle(folders.All[i], cursor.GoTo(i));
                    }
                }
            })
            .GetAwaiter()
            .GetResult();
    }
}
