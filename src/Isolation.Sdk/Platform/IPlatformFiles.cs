namespace Isolation.Sdk.Platform;

/// <summary>
/// What files need of the operating system beyond .NET: names are bytes, folders are descriptors, and no link is
/// followed.
/// </summary>
internal interface IPlatformFiles
{
    /// <summary>How many threads copy or compare one tree.</summary>
    int MaxThreads { get; }

    /// <summary>
    /// Finds what the file system of a folder can do, by trying it there with files that are gone at once.
    /// </summary>
    /// <exception cref="IOException">There is no room to try it.</exception>
    FileSystemFeatures Detect(string folder);

    /// <summary>
    /// Deletes a file, a link or a tree by its name in a folder; what somebody else deletes meanwhile is as good as
    /// deleted.
    /// </summary>
    void DeleteTree(string folder, ReadOnlySpan<byte> name);

    /// <summary>Copies a tree and writes down what the file system says of the copies.</summary>
    /// <returns>Whether all files of the source were what the manifest says.</returns>
    /// <exception cref="IOException">No space, no inodes, too long a path, …</exception>
    Task<bool> CopyTreeAsync(TreeCopy copy, CancellationToken cancellationToken);

    /// <summary>Gives files one time of writing, and the manifest what the file system says of them then.</summary>
    /// <param name="manifest">Its entries are changed.</param>
    /// <param name="folder">Where the files are.</param>
    /// <param name="stamp">The time, whole seconds.</param>
    /// <param name="entries">Those that were written, in order; <see langword="null"/> for all.</param>
    void StampTree(
        IFileManifest manifest,
        string folder,
        DateTimeOffset stamp,
        IReadOnlyCollection<int>? entries = null
    );

    ITreeComparer Compare(IFileManifest manifest, string folder);

    /// <summary>
    /// What a folder really takes of the disk, in bytes: links are not followed, shared blocks are not counted.
    /// </summary>
    long MeasureUsage(string folder);

    /// <summary>How many files fit on a file system yet; <see langword="null"/> where nobody counts them.</summary>
    long? CountFreeFiles(string folder);

    bool IsPipe(string path);

    /// <summary>
    /// When an inode last changed, which nobody can set; <see langword="null"/> where that cannot be known.
    /// </summary>
    DateTime? GetChangeTime(string path);

    /// <summary>Makes an empty subvolume at a path that is free.</summary>
    void CreateSubvolume(string path);

    /// <summary>Copies a subvolume to a path that is free; the copy can be written.</summary>
    void Snapshot(string from, string to);

    /// <summary>
    /// Decides whether a subvolume can be written at all, by whomever, and waits until what was written before is on
    /// its way to the disk.
    /// </summary>
    void SetReadOnly(string path, bool value);

    /// <summary>The state of a subvolume; <see langword="null"/> for what is none.</summary>
    SubvolumeState? InspectSubvolume(string path);
}

/// <summary>Compares a folder with a manifest, entry by entry. <c>.git</c> at its top is left out.</summary>
internal interface ITreeComparer
{
    /// <summary>Compares everything.</summary>
    /// <param name="stamp">
    /// When folders should say that they were written, seconds since 1970, if that is known.
    /// </param>
    /// <param name="reads">
    /// Whether files are read, too, since the file system does not say of each that it was written.
    /// </param>
    TreeDifferences Run(long? stamp = null, bool reads = false);

    /// <summary>Compares again where something was found, and nowhere else.</summary>
    TreeDifferences RunAgain(TreeDifferences before, long? stamp);

    /// <summary>Gives folders below the top a time of writing.</summary>
    void SetTimes(IEnumerable<int> folders, DateTimeOffset stamp);
}

/// <summary>A copy of a tree.</summary>
/// <param name="Manifest">The files, with the stat data they must have in the source.</param>
/// <param name="Made">The same files; gets the stat data of the copies.</param>
/// <param name="From">The source.</param>
/// <param name="To">A folder that exists and has none of the files.</param>
/// <param name="Stamp">The time of writing that files get, whole seconds.</param>
/// <param name="ShareBlocks">Whether blocks are shared instead of copied.</param>
internal sealed record TreeCopy(
    IFileManifest Manifest,
    IFileManifest Made,
    string From,
    string To,
    DateTimeOffset Stamp,
    bool ShareBlocks
)
{
    /// <summary>Called once some of the files are there.</summary>
    public Action OnBegun { get; init; } = static () => { };
}

/// <summary>What a file system can do.</summary>
/// <param name="Snapshot">Folders can be copied whole.</param>
/// <param name="Reflink">Files can share blocks.</param>
/// <param name="CopyTrees">Trees can be copied and compared.</param>
internal sealed record FileSystemFeatures(bool Snapshot, bool Reflink, bool CopyTrees);

/// <param name="Generation">Changes with every write.</param>
/// <param name="IsReadOnly">Whether it can be written.</param>
internal sealed record SubvolumeState(ulong Generation, bool IsReadOnly);
