namespace Isolation.Sdk.Platform;

// Names are bytes, folders are descriptors, and no link is followed. What .NET alone cannot do is the default.
internal interface IPlatformFiles
{
    int MaxThreads => 1;

    // By trying; IOException where there is no room to.
    FileSystemFeatures Detect(string folder) => new(false, false, false);

    // What somebody else deletes meanwhile is as good as deleted.
    void DeleteTree(string folder, ReadOnlySpan<byte> name);

    // False if a file of the source is not what the manifest says.
    Task<bool> CopyTreeAsync(TreeCopy copy, CancellationToken cancellationToken) => throw Unsupported();

    // Gives files (all where 'entries' is null) one time of writing, and the manifest what the file system says then.
    void StampTree(
        IFileManifest manifest,
        string folder,
        DateTimeOffset stamp,
        IReadOnlyCollection<int>? entries = null
    ) => throw Unsupported();

    TreeComparer Compare(IFileManifest manifest, string folder) => throw Unsupported();

    // In bytes, without blocks that are shared.
    long MeasureUsage(string folder);

    // null where nobody counts them.
    long? CountFreeFiles(string folder) => null;

    bool IsPipe(string path) => false;

    // Everything below a folder, in any order and through no link; what goes meanwhile is left out.
    WalkEnd Walk(string folder, TreeVisitor visit);

    void CreateSubvolume(string path) => throw Unsupported();

    void Snapshot(string from, string to) => throw Unsupported();

    // Also waits until what was written before is on its way to the disk.
    void SetReadOnly(string path, bool value) => throw Unsupported();

    SubvolumeState? InspectSubvolume(string path) => null;

    private static PlatformNotSupportedException Unsupported() => new("Trees are copied and compared on Linux only.");
}

// 'Made' has the same files, and gets the stat data of the copies.
internal sealed record TreeCopy(
    IFileManifest Manifest,
    IFileManifest Made,
    string From,
    string To,
    DateTimeOffset Stamp,
    bool ShareBlocks
)
{
    public Action OnBegun { get; init; } = static () => { };
}

internal sealed record FileSystemFeatures(bool Snapshot, bool Reflink, bool CopyTrees);

internal sealed record SubvolumeState(ulong Generation, bool IsReadOnly);
