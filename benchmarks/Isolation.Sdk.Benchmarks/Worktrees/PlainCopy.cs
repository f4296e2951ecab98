using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>The least that a copy of a tree can be: folders are made, and two threads copy the files by
/// <c>copy_file_range</c>, which shares blocks where the file system can. No times, no checks, no index.</summary>
internal static partial class PlainCopy
{
    private const int Threads = 2;
    private const int Exclusive = 0x1 | 0x40 | 0x80; // O_WRONLY | O_CREAT | O_EXCL

    public static void Run(string from, string to)
    {
        List<string> files = [];
        Walk(from, to, files);
        int next = -1;
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, Threads)
                .Select(_ => new Thread(() =>
                {
                    for (int i = Interlocked.Increment(ref next); i < files.Count; i = Interlocked.Increment(ref next))
                    {
                        Copy(files[i], to + files[i][from.Length..]);
                    }
                })),
        ];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
    }

    private static void Walk(string from, string to, List<string> files)
    {
        Directory.CreateDirectory(to);
        foreach (FileSystemInfo entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is { } target)
            {
                File.CreateSymbolicLink(Path.Combine(to, entry.Name), target);
            }
            else if (entry is not DirectoryInfo)
            {
                files.Add(entry.FullName);
            }
            else if (entry.Name != ".git")
            {
                Walk(entry.FullName, Path.Combine(to, entry.Name), files);
            }
        }
    }

    private static void Copy(string from, string to)
    {
        int source = Check(open(from, 0, 0));
        int target = Check(open(to, Exclusive, 0x1A4));
        while (Check((int)copy_file_range(source, 0, target, 0, 1 << 30, 0)) > 0) { }

        _ = close(source);
        _ = close(target);
    }

    private static int Check(int answer) =>
        answer >= 0 ? answer : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint copy_file_range(
        int from,
        nint fromOffset,
        int to,
        nint toOffset,
        nuint length,
        uint flags
    );

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
