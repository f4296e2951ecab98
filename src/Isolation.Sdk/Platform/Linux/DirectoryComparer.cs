using System.Runtime.InteropServices;
using static Isolation.Sdk.Platform.LinuxFiles;

namespace Isolation.Sdk.Platform;

internal sealed unsafe class DirectoryComparer(
    IFileManifest index,
    TreeDirectories folders,
    DirectoryAttributes rules,
    long? stamp,
    FileHasher? content
) : IDisposable
{
    private const int LongestName = 4096;
    private readonly byte* _list = (byte*)NativeMemory.Alloc(DirectoryReader.BufferBytes);
    private readonly byte* _name = (byte*)NativeMemory.Alloc(LongestName);
    private readonly ILookup<int, TreeDirectory> _below = folders.Below;

    public List<byte[]> Unknown { get; } = [];

    public List<int> Altered { get; } = [];

    public List<int> Missing { get; } = [];

    public List<byte[]> Folders { get; } = [];

    public List<int> Locations { get; } = [];

    public List<int> Written { get; } = [];

    private int Count => Unknown.Count + Altered.Count + Missing.Count + Folders.Count;

    public void CompareDirectory(int number, int there)
    {
        int before = Count;
        if (there < 0)
        {
            Missing.AddRange(folders.All[number].Entries);
            Locations.Add(number); // Even if only folders were in it.
            return;
        }

        Compare(number, folders.All[number], there);
        if (Count > before)
        {
            Locations.Add(number);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_list);
        NativeMemory.Free(_name);
    }

    private void Compare(int number, TreeDirectory folder, int there)
    {
        if (LinuxFiles.GetStat(there, null, out Stat own) != 0 || !rules.Match(there, own))
        {
            Folders.Add(PathOf(folder).ToArray());
        }

        if (own.WrittenSeconds != stamp || own.WrittenNanoseconds != 0)
        {
            Written.Add(number);
        }

        int found = 0;
        foreach (int entry in folder.Entries)
        {
            DirectoryCursor.Name(index, folder, entry, new Span<byte>(_name, LongestName));
            if (Exists(there, out Stat stat))
            {
                found++;
                if (
                    !IsUntouched(entry, stat)
                    || (
                        content is not null
                        && stat.Kind == Regular
                        && !content.HasContent(entry, there, _name, stat.Size)
                    )
                )
                {
                    Altered.Add(entry);
                }
            }
            else
            {
                Missing.Add(entry);
            }
        }

        foreach (TreeDirectory below in _below[number])
        {
            index.Path(below.Entry)[below.Start..below.End].CopyTo(new Span<byte>(_name, LongestName));
            _name[below.End - below.Start] = 0;
            found += Exists(there, out Stat stat) && stat.Kind == Folder ? 1 : 0;
        }

        if (ForEachName(folder, there, null) != found)
        {
            AddStrangers(number, folder, there);
        }
    }

    private bool Exists(int there, out Stat stat) => LinuxFiles.GetStat(there, _name, out stat) == 0;

    private bool IsUntouched(int entry, in Stat stat)
    {
        uint kind =
            index.IsSubmodule(entry) ? Folder
            : index.IsLink(entry) ? SymbolicLink
            : Regular;
        return stat.Kind == kind
            && stat.ToStamp().IsSameFile(index.Stamp(entry))
            && (kind == Folder || (stat.Links == 1 && (uint)stat.Size == index.Size(entry)));
    }

    private void AddStrangers(int number, TreeDirectory folder, int there)
    {
        HashSet<string> known = [];
        foreach (int entry in folder.Entries)
        {
            known.Add(Key(index.Path(entry)[(folder.Depth == 0 ? 0 : folder.End + 1)..]));
        }

        HashSet<string> below = [.. _below[number].Select(b => Key(index.Path(b.Entry)[b.Start..b.End]))];
        byte[] above = PathOf(folder).ToArray();
        List<byte[]> names = [];
        ForEachName(folder, there, names);
        foreach (byte[] name in names)
        {
            name.CopyTo(new Span<byte>(_name, LongestName));
            _name[name.Length] = 0;
            if (
                !known.Contains(Key(name))
                && !(below.Contains(Key(name)) && Exists(there, out Stat stat) && stat.Kind == Folder)
            )
            {
                Unknown.Add(above.Length == 0 ? name : [.. above, (byte)'/', .. name]);
            }
        }
    }

    private int ForEachName(TreeDirectory folder, int there, List<byte[]>? names)
    {
        int count = 0;
        if (names is not null)
        {
            _ = Seek(there, 0, 0); // It was listed before.
        }

        DirectoryReader entries = new(there, _list, DirectoryReader.BufferBytes);
        while (entries.MoveNext())
        {
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries.Name);
            if (!(folder.Depth == 0 && name.SequenceEqual(".git"u8)))
            {
                count++;
                names?.Add(name.ToArray());
            }
        }

        return entries.Error == 0
            ? count
            : throw Failed(entries.Error, System.Text.Encoding.UTF8.GetString(PathOf(folder)));
    }

    private ReadOnlySpan<byte> PathOf(TreeDirectory folder) =>
        folder.Depth == 0 ? [] : index.Path(folder.Entry)[..folder.End];

    private static string Key(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name);
}
