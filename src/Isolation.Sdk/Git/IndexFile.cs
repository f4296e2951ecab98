using System.Buffers.Binary;
using System.Security.Cryptography;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Git;

/// <summary>Git's index, version 2. Only the stat data, which makes it true of a copy, is ever changed here.</summary>
internal sealed class IndexFile : IFileManifest
{
    public const uint Link = 0xA000,
        Submodule = 0xE000;
    private const uint KindMask = 0xF000;
    private const int Header = 12,
        StatBytes = 40,
        ModeAt = 24;
    private readonly byte[] _bytes;
    private readonly int[] _entries;
    private readonly int _hash;

    private IndexFile(byte[] bytes, int[] entries, int hash) => (_bytes, _entries, _hash) = (bytes, entries, hash);

    public int Count => _entries.Length;

    public string? Tree { get; private init; }

    // null for what is not known here: conflicts, skipped files, parts in other files, caches of a monitor.
    public static IndexFile? TryRead(string path, string objectFormat)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        int hash = objectFormat == "sha256" ? 32 : 20;
        if (
            bytes.Length < Header + hash
            || !bytes.AsSpan(0, 4).SequenceEqual("DIRC"u8)
            || BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(4)) is not (2 or 3)
        )
        {
            return null;
        }

        int end = bytes.Length - hash,
            at = Header;
        uint count = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(8));
        if (count > (uint)(end - Header) / StatBytes)
        {
            return null;
        }

        int[] entries = new int[count];
        for (int i = 0; i < entries.Length; i++)
        {
            int name = at + StatBytes + hash + 2;
            if (name >= end || (BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(name - 2)) & 0x7000) != 0)
            {
                return null; // Beyond the file, at a stage of a conflict, or with bits of a later format.
            }

            int length = bytes.AsSpan(name, end - name).IndexOf((byte)0);
            if (length < 1)
            {
                return null;
            }

            entries[i] = at;
            at += (name - at + length + 8) & ~7;
        }

        return AreKnown(bytes.AsSpan(0, end), at)
            ? new IndexFile(bytes, entries, hash) { Tree = TreeOf(bytes.AsSpan(at, end - at), hash) }
            : null;
    }

    public ReadOnlySpan<byte> Path(int entry)
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(_entries[entry] + StatBytes + _hash + 2);
        return rest[..rest.IndexOf((byte)0)];
    }

    public uint Mode(int entry) => Read(_entries[entry] + ModeAt);

    public ReadOnlySpan<byte> Id(int entry) => _bytes.AsSpan(_entries[entry] + StatBytes, _hash);

    public bool IsLink(int entry) => (Mode(entry) & KindMask) == Link;

    public bool IsSubmodule(int entry) => (Mode(entry) & KindMask) == Submodule;

    public uint Size(int entry) => Read(_entries[entry] + 36);

    public FileStamp Stamp(int entry)
    {
        int at = _entries[entry];
        return new FileStamp(
            Read(at),
            Read(at + 4),
            Read(at + 8),
            Read(at + 12),
            Read(at + 16),
            Read(at + 20),
            Read(at + 28),
            Read(at + 32)
        );
    }

    public void SetStamp(int entry, in FileStamp stamp)
    {
        int at = _entries[entry];
        Write(at, stamp.ChangedSeconds);
        Write(at + 4, stamp.ChangedNanoseconds);
        Write(at + 8, stamp.WrittenSeconds);
        Write(at + 12, stamp.WrittenNanoseconds);
        Write(at + 16, stamp.Device);
        Write(at + 20, stamp.Inode);
        Write(at + 28, stamp.User);
        Write(at + 32, stamp.Group);
    }

    public int Find(ReadOnlySpan<byte> path)
    {
        int low = 0,
            high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = Path(middle).SequenceCompareTo(path);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    public IndexFile Copy() => new([.. _bytes], _entries, _hash) { Tree = Tree };

    // Not flushed to the disk: a machine that loses power loses the workspace, as with git.
    public void Save(string path)
    {
        Span<byte> sum = _bytes.AsSpan(_bytes.Length - _hash);
        ReadOnlySpan<byte> content = _bytes.AsSpan(0, _bytes.Length - _hash);
        _ = _hash == 32 ? SHA256.HashData(content, sum) : SHA1.HashData(content, sum);
        string fresh = path + ".new";
        File.WriteAllBytes(fresh, _bytes);
        File.Move(fresh, path, overwrite: true);
    }

    private static bool AreKnown(ReadOnlySpan<byte> bytes, int at)
    {
        while (at + 8 <= bytes.Length)
        {
            ReadOnlySpan<byte> name = bytes.Slice(at, 4);
            if (!name.SequenceEqual("TREE"u8) && !name.SequenceEqual("EOIE"u8) && !name.SequenceEqual("IEOT"u8))
            {
                return false;
            }

            at += 8 + (int)BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 4)..]);
        }

        return at == bytes.Length;
    }

    // An empty name, how many entries and subtrees it has, and its ID if that is known.
    private static string? TreeOf(ReadOnlySpan<byte> extensions, int hash)
    {
        while (extensions.Length >= 8)
        {
            ReadOnlySpan<byte> content = extensions.Slice(
                8,
                (int)BinaryPrimitives.ReadUInt32BigEndian(extensions[4..])
            );
            if (extensions[..4].SequenceEqual("TREE"u8))
            {
                int line = content.IndexOf((byte)'\n');
                return line > 1 && content[0] == 0 && content[1] != (byte)'-' && content.Length > line + hash
                    ? Convert.ToHexStringLower(content.Slice(line + 1, hash))
                    : null;
            }

            extensions = extensions[(8 + content.Length)..];
        }

        return null;
    }

    private uint Read(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));

    private void Write(int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(at), value);
}
