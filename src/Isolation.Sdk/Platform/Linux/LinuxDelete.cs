using System.Runtime.InteropServices;
using System.Text;
using static Isolation.Sdk.Platform.LinuxFiles;

namespace Isolation.Sdk.Platform;

// Each folder is opened in the one above it and never through a link, names are bytes, and a path may be of any length.
internal sealed unsafe class LinuxDelete(int top) : IDisposable
{
    private const int Gone = 2,
        NotAllowed = 1,
        NoAccess = 13,
        NotEmpty = 39,
        IsFolder = 21,
        NoFolder = 20,
        Loop = 40;
    private const int EmptyFolder = 0x200,
        NameOnly = 0x200000;
    private const int MaxDepth = 128,
        MaxPasses = 1000;
    private const byte FolderKind = 4,
        UnknownKind = 0;
    private const uint Owner = 0b111_000_000;
    private const uint Unchangeable = 0x30;
    private const nuint DeleteSubvolume = 0x5000940F,
        SetFlags = 0x40086602;
    private readonly List<nint> _lists = [];
    private int _tree;
    private int _moved;

    public static void DeleteTree(string folder, ReadOnlySpan<byte> name)
    {
        fixed (byte* path = Terminated(Encoding.UTF8.GetBytes(folder)))
        {
            int top = Open(AtCurrent, path, ReadOnly | LinuxFiles.Directory);
            if (top < 0)
            {
                ThrowUnlessGone(-top, folder);
                return;
            }

            using LinuxDelete delete = new(top);
            delete.DeleteBelow(top, name);
        }
    }

    public void Dispose()
    {
        _lists.ForEach(l => NativeMemory.Free((void*)l));
        _ = Close(top);
    }

    // What a link in the middle of the name leads to is somebody else's.
    private void DeleteBelow(int folder, ReadOnlySpan<byte> name)
    {
        int slash = name.IndexOf((byte)'/');
        fixed (byte* entry = Terminated(slash < 0 ? name : name[..slash]))
        {
            if (slash < 0)
            {
                DeleteEntry(folder, entry, UnknownKind, 0);
                return;
            }

            int next = Open(folder, entry, ReadOnly | LinuxFiles.Directory | NoFollow);
            if (next < 0)
            {
                ThrowUnlessGone(next is -NoFolder or -Loop ? 0 : -next, Text(entry));
                return;
            }

            try
            {
                DeleteBelow(next, name[(slash + 1)..]);
            }
            finally
            {
                _ = Close(next);
            }
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private void DeleteEntry(int folder, byte* name, byte kind, int depth)
    {
        if (kind != FolderKind)
        {
            int error = TryUnlink(folder, name);
            if (error is 0 or Gone)
            {
                return;
            }

            if (error is not (IsFolder or NotAllowed))
            {
                throw Failed(error, Text(name));
            }
        }

        int opened = OpenFolder(folder, name);
        if (opened == -Gone)
        {
            return;
        }

        if (opened is -NoFolder or -Loop)
        {
            // It was replaced meanwhile: not by what we delete it through.
            ThrowUnlessGone(TryUnlink(folder, name), Text(name));
            return;
        }

        if (opened < 0)
        {
            throw Failed(-opened, Text(name));
        }

        try
        {
            if (
                GetStat(opened, null, out Stat stat) == 0
                && stat.Inode == SubvolumeInode
                && TryDeleteSubvolume(folder, name)
            )
            {
                return;
            }

            if ((stat.Mode & Owner) != Owner)
            {
                // A worker may have taken its own rights away; the owner can always give them back.
                _ = SetMode(opened, (stat.Mode & 0xFFFu) | Owner);
            }

            if ((stat.Attributes & Unchangeable) != 0)
            {
                _ = ClearFlags(opened);
            }

            _tree = depth == 0 ? opened : _tree;
            for (int looks = 0; ; looks++)
            {
                DeleteContent(opened, depth);
                int error = Unlink(folder, name, EmptyFolder) == 0 ? 0 : Marshal.GetLastPInvokeError();
                if (error != NotEmpty || looks == MaxPasses)
                {
                    ThrowUnlessGone(error, Text(name));
                    return;
                }

                _ = Seek(opened, 0, 0);
            }
        }
        finally
        {
            _ = Close(opened);
        }
    }

    private void DeleteContent(int folder, int depth)
    {
        if (_lists.Count <= depth)
        {
            _lists.Add((nint)NativeMemory.Alloc(DirectoryReader.BufferBytes));
        }

        DirectoryReader entries = new(folder, (byte*)_lists[depth], DirectoryReader.BufferBytes);
        while (entries.MoveNext())
        {
            if (!(depth == MaxDepth && TryMoveUp(folder, entries.Name, entries.Kind)))
            {
                DeleteEntry(folder, entries.Name, entries.Kind, depth + 1);
            }
        }

        ThrowUnlessGone(entries.Error, "a folder");
    }

    // A tree may be deeper than there are descriptors: what is far down goes on from its top.
    private bool TryMoveUp(int folder, byte* name, byte kind)
    {
        if (kind is not (FolderKind or UnknownKind))
        {
            return false;
        }

        byte[] up = Encoding.ASCII.GetBytes($".isolation-{Guid.NewGuid():n}-{_moved++}\0");
        fixed (byte* newName = up)
        {
            return Rename(folder, name, _tree, newName) == 0;
        }
    }

    private static int OpenFolder(int folder, byte* name)
    {
        int opened = Open(folder, name, ReadOnly | LinuxFiles.Directory | NoFollow);
        if (opened != -NoAccess)
        {
            return opened;
        }

        // Not even readable: its mode is set through a descriptor that needs no rights, and is no link's.
        int only = Open(folder, name, NameOnly | LinuxFiles.Directory | NoFollow);
        if (only < 0)
        {
            return only;
        }

        fixed (byte* path = Encoding.ASCII.GetBytes($"/proc/self/fd/{only}\0"))
        {
            _ = SetMode(path, Owner);
        }

        _ = Close(only);
        return Open(folder, name, ReadOnly | LinuxFiles.Directory | NoFollow);
    }

    private static int TryUnlink(int folder, byte* name)
    {
        int error = Unlink(folder, name, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error != NotAllowed || GetStat(folder, name, out Stat stat) != 0 || stat.Kind != Regular)
        {
            return error;
        }

        int opened = Open(folder, name, ReadOnly | NoFollow | NoBlock);
        if (opened >= 0)
        {
            bool cleared = ClearFlags(opened);
            _ = Close(opened);
            error = cleared && Unlink(folder, name, 0) == 0 ? 0 : error;
        }

        return error == NotAllowed ? NoAccess : error;
    }

    // Unchangeable, or to be appended to only.
    private static bool ClearFlags(int descriptor)
    {
        nint flags = 0;
        if (Control(descriptor, GetFlags, &flags) != 0 || (flags & (nint)Unchangeable) == 0)
        {
            return false;
        }

        flags &= ~(nint)Unchangeable;
        return Control(descriptor, SetFlags, &flags) == 0;
    }

    private static bool TryDeleteSubvolume(int folder, byte* name)
    {
        // struct btrfs_ioctl_vol_args: a descriptor, and a name.
        byte* arguments = stackalloc byte[4096];
        new Span<byte>(arguments, 4096).Clear();
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);
        text.CopyTo(new Span<byte>(arguments + 8, 4087));
        return text.IndexOf((byte)'/') < 0 && Control(folder, DeleteSubvolume, arguments) == 0;
    }

    private static void ThrowUnlessGone(int error, string what)
    {
        if (error is not (0 or Gone))
        {
            throw Failed(error, what);
        }
    }

    private static string Text(byte* name) =>
        Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
}
