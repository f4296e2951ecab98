using Isolation.Sdk.Git;

namespace Isolation.Sdk.Platform;

/// <summary>Copies the files of an index from one folder to another, several at once, and writes down what <c>stat</c> says of the copies.</summary>
internal static class TreeCopier
{
    /// <summary>Copies everything.</summary>
    /// <param name="index">The files, with the stat data they must have in <paramref name="from"/>; what is not in it is not copied.</param>
    /// <param name="from">A prepared tree.</param>
    /// <param name="to">A folder that exists and has none of the files.</param>
    /// <param name="stamp">The time of writing that files get, whole seconds.</param>
    /// <param name="share">Whether blocks are shared (reflink) instead of copied.</param>
    /// <param name="begun">Called once some of the files are there.</param>
    /// <param name="cancellationToken">Ends the work; what is copied stays.</param>
    /// <returns>The index of the copy; <see langword="null"/> when a file of the source is not what its index says.</returns>
    /// <exception cref="IOException">No space, no inodes, too long a path, …</exception>
    public static async Task<IndexFile?> RunAsync(
        IndexFile index,
        string from,
        string to,
        DateTimeOffset stamp,
        bool share,
        Action begun,
        CancellationToken cancellationToken
    )
    {
        IndexFile made = index.Copy();
        TreeDirectories folders = new(index);
        bool altered = false;
        int parts = 0;
        await folders
            .OnAllAsync(part =>
            {
                using DirectoryCursor source = new(index, folders, from, makes: false),
                    target = new(index, folders, to, makes: true);
                using FileCopier copier = new(index, made, stamp, share);
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
                    begun();
                }
            })
            .ConfigureAwait(false);
        return altered ? null : made;
    }

    /// <summary>Gives files one time of writing, and the index what <c>stat</c> says of them then.</summary>
    /// <param name="index">Its entries are changed.</param>
    /// <param name="folder">Where the files are.</param>
    /// <param name="stamp">The time, whole seconds.</param>
    /// <param name="entries">Those that were written, in order; <see langword="null"/> for all.</param>
    /// <exception cref="IOException">One of them is not there.</exception>
    public static void Stamp(
        IndexFile index,
        string folder,
        DateTimeOffset stamp,
        IReadOnlyCollection<int>? entries = null
    )
    {
        TreeDirectories folders = new(index, entries);
        folders
            .OnAllAsync(part =>
            {
                using DirectoryCursor cursor = new(index, folders, folder, makes: false);
                using FileCopier copier = new(index, index, stamp, share: false);
                for (int i = part.Start.Value; i < part.End.Value; i++)
                {
                    TreeDirectory one = folders.All[i];
                    if (one.Entries.Count > 0)
                    {
                        copier.Settle(one, cursor.GoTo(i));
                    }
                }
            })
            .GetAwaiter()
            .GetResult();
    }
}
