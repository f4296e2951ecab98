using System.Runtime.InteropServices;
using static Isolation.Sdk.Platform.LinuxFiles;

namespace Isolation.Sdk.Platform;

// Each entry is looked at once, in its folder and not by its path: on a large tree that is most of the cost.
internal static unsafe class TreeWalker
{
    private const int MaxPath = 4096;
    private const int Gone = 2,
        NoFolder = 20,
        Loop = 40;

    public delegate WalkStep Visitor(int folder, byte* name, in Stat stat, ReadOnlySpan<byte> path);

    public static WalkEnd Walk(string top, Visitor visit)
    {
        Stack<byte[]> folders = new([System.Text.Encoding.UTF8.GetBytes(top)]);
        byte* list = stackalloc byte[DirectoryReader.BufferBytes];
        bool whole = true;
        while (folders.TryPop(out byte[]? path))
        {
            int folder;
            fixed (byte* name = (byte[])[.. path, 0])
            {
                folder = Open(AtCurrent, name, ReadOnly | LinuxFiles.Directory | NoFollow);
            }

            if (folder < 0)
            {
                whole &= -folder is Gone or NoFolder or Loop;
                continue;
            }

            try
            {
                DirectoryReader entries = new(folder, list, DirectoryReader.BufferBytes);
                while (entries.MoveNext())
                {
                    int error = GetStat(folder, entries.Name, out Stat stat);
                    if (error != 0)
                    {
                        whole &= error == Gone;
                        continue;
                    }

                    WalkStep step = visit(folder, entries.Name, stat, path);
                    if (step == WalkStep.Stop)
                    {
                        return WalkEnd.Stopped;
                    }

                    if (step == WalkStep.Continue && stat.Kind == Folder)
                    {
                        ReadOnlySpan<byte> last = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries.Name);
                        bool reachable = path.Length + 1 + last.Length < MaxPath;
                        whole &= reachable;
                        if (reachable)
                        {
                            folders.Push([.. path, (byte)'/', .. last]);
                        }
                    }
                }

                whole &= entries.Error == 0;
            }
            finally
            {
                _ = Close(folder);
            }
        }

        return whole ? WalkEnd.Complete : WalkEnd.Incomplete;
    }
}
