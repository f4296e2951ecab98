namespace Isolation.Sdk.Platform;

// Git's index, as far as trees are copied and compared by it; sorted by path.
internal interface IFileManifest
{
    int Count { get; }

    ReadOnlySpan<byte> Path(int entry);

    ReadOnlySpan<byte> Id(int entry);

    uint Mode(int entry);

    uint Size(int entry);

    bool IsLink(int entry);

    bool IsSubmodule(int entry);

    FileStamp Stamp(int entry);

    void SetStamp(int entry, in FileStamp stamp);
}
