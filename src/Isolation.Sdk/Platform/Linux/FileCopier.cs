using System.Runtime.InteropServices;
using System.Text;
using static Isolation.Sdk.Platform.LinuxFiles;

namespace Isolation.Sdk.Platform;

internal sealed unsafe class FileCopier(IFileManifest index, IFileManifest made, DateTimeOffset stamp, bool share)
    : IDisposable
{
    private const int Buffer = 1 << 17,
        MaxRange = 1 << 30;
    private const int SeekData = 3,
        SeekHole = 4,
        NoMoreData = 6;
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(Buffer);
    private readonly byte* _name = (byte*)NativeMemory.Alloc(4096);

    public bool TryCopy(TreeDirectory folder, int from, int to)
    {
        foreach (int entry in folder.Entries)
        {
            DirectoryCursor.Name(index, folder, entry, new Span<byte>(_name, 4096));
            bool same =
                index.IsSubmodule(entry) ? MakeFolder(entry, to)
                : index.IsLink(entry) ? TryLink(entry, from, to)
                : TryFile(entry, from, to);
            if (!same)
            {
                return false;
            }
        }

        return true;
    }

    public void Settle(TreeDirectory folder, int there)
    {
        foreach (int entry in folder.Entries)
        {
            DirectoryCursor.Name(index, folder, entry, new Span<byte>(_name, 4096));
            Settle(entry, there, _name);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_buffer);
        NativeMemory.Free(_name);
    }

    private bool MakeFolder(int entry, int to)
    {
        Check(LinuxFiles.MakeFolder(to, _name, 0b111_111_111), entry);
        Settle(entry, to, _name);
        return true;
    }

    private bool TryLink(int entry, int from, int to)
    {
        nint length =
            GetStat(from, _name, out Stat stat) == 0 && IsSame(entry, stat, SymbolicLink)
                ? ReadLink(from, _name, _buffer, Buffer - 1)
                : -1;
        if (length != stat.Size || length < 0)
        {
            return false;
        }

        _buffer[length] = 0;
        Check(MakeLink(_buffer, to, _name), entry);
        Settle(entry, to, _name);
        return true;
    }

    private bool TryFile(int entry, int from, int to)
    {
        int source = Open(from, _name, ReadOnly | NoFollow | NoBlock);
        if (source < 0)
        {
            return false;
        }

        try
        {
            if (GetStat(source, null, out Stat stat) != 0 || !IsSame(entry, stat, Regular))
            {
                return false;
            }

            int target = Open(
                to,
                _name,
                WriteOnly | Create | Exclusive | NoFollow,
                (index.Mode(entry) & 0b001_000_000) != 0 ? 0b111_111_111u : 0b110_110_110u
            );
            if (target < 0)
            {
                throw Failed(-target, PathOf(entry));
            }

            try
            {
                if (!TryContent(entry, source, target, stat))
                {
                    return false;
                }

                Settle(entry, target, null);
                return true;
            }
            finally
            {
                _ = Close(target);
            }
        }
        finally
        {
            _ = Close(source);
        }
    }

    private bool TryContent(int entry, int source, int target, in Stat stat)
    {
        if (stat.Size == 0)
        {
            return true;
        }

        if (share)
        {
            Check(Control(target, ShareBlocks, source), entry);
            return true;
        }

        if (stat.Size <= Buffer)
        {
            nint got = Read(source, _buffer, Buffer);
            if (got != (nint)stat.Size)
            {
                return got >= 0 ? false : throw Failed(Marshal.GetLastPInvokeError(), PathOf(entry));
            }

            WriteAll(entry, target, got);
            return true;
        }

        return (long)stat.Blocks * 512 < stat.Size
            ? TryParts(entry, source, target, stat.Size)
            : TryRange(entry, source, target, 0, stat.Size);
    }

    private bool TryParts(int entry, int source, int target, long size)
    {
        Check(Truncate(target, size), entry);
        for (long at = 0; at < size; )
        {
            long data = Seek(source, at, SeekData);
            if (data < 0)
            {
                return Marshal.GetLastPInvokeError() == NoMoreData || TryRange(entry, source, target, at, size);
            }

            long end = Math.Min(Seek(source, data, SeekHole) is > 0 and var hole ? hole : size, size);
            if (!TryRange(entry, source, target, data, end))
            {
                return false;
            }

            at = end;
        }

        return true;
    }

    private bool TryRange(int entry, int source, int target, long from, long to)
    {
        long readAt = from,
            writeAt = from;
        while (readAt < to)
        {
            nint copied = CopyRange(source, &readAt, target, &writeAt, (nuint)Math.Min(MaxRange, to - readAt), 0);
            if (copied < 0 && Marshal.GetLastPInvokeError() is var error and not 4)
            {
                // Not between these two, or not at all here: EXDEV, EINVAL, ENOSYS, EOPNOTSUPP.
                return error is 18 or 22 or 38 or 95
                    ? TryByHand(entry, source, target, readAt, to)
                    : throw Failed(error, PathOf(entry));
            }

            if (copied == 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool TryByHand(int entry, int source, int target, long from, long to)
    {
        _ = Seek(source, from, 0);
        _ = Seek(target, from, 0);
        while (from < to)
        {
            nint got = Read(source, _buffer, (nuint)Math.Min(Buffer, to - from));
            if (got <= 0)
            {
                return got == 0 ? false : throw Failed(Marshal.GetLastPInvokeError(), PathOf(entry));
            }

            WriteAll(entry, target, got);
            from += got;
        }

        return true;
    }

    private void WriteAll(int entry, int target, nint length)
    {
        for (nint done = 0; done < length; )
        {
            nint written = Write(target, _buffer + done, (nuint)(length - done));
            if (written < 0 && Marshal.GetLastPInvokeError() is var error and not 4)
            {
                throw Failed(error, PathOf(entry));
            }

            done += Math.Max(0, written);
        }
    }

    private void Settle(int entry, int there, byte* name)
    {
        Check(SetWritten(there, name, stamp), entry);
        int error = GetStat(there, name, out Stat stat);
        made.SetStamp(entry, error == 0 ? stat.ToStamp() : throw Failed(error, PathOf(entry)));
    }

    private bool IsSame(int entry, in Stat stat, uint kind) =>
        stat.Kind == kind
        && stat.Links == 1
        && (uint)stat.Size == index.Size(entry)
        && stat.ToStamp().IsSameFile(index.Stamp(entry));

    private void Check(int result, int entry)
    {
        if (result != 0)
        {
            throw Failed(Marshal.GetLastPInvokeError(), PathOf(entry));
        }
    }

    private string PathOf(int entry) => Encoding.UTF8.GetString(index.Path(entry));
}
