namespace Isolation.Sdk.Platform;

/// <summary>
/// What the files of a tree have to be, sorted by path: git's index, as far as trees are copied and compared by it.
/// </summary>
internal interface IFileManifest
{
    int Count { get; }

    /// <summary>An entry's path from the top, with forward slashes, as bytes.</summary>
    ReadOnlySpan<byte> Path(int entry);

    /// <summary>The hash that git gives to its content.</summary>
    ReadOnlySpan<byte> Id(int entry);

    /// <summary>Kind and permissions, as git has them.</summary>
    uint Mode(int entry);

    /// <summary>The size, cut to 32 bits.</summary>
    uint Size(int entry);

    bool IsLink(int entry);

    /// <summary>Whether it is a folder that another repository belongs into.</summary>
    bool IsSubmodule(int entry);

    FileStamp Stamp(int entry);

    void SetStamp(int entry, in FileStamp stamp);
}
