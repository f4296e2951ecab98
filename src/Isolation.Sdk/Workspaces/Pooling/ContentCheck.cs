using System.Collections.Concurrent;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using System.Text;
using Isolation.Sdk.Git;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Workspaces.Pooling;

/// <summary>
/// Reads files where their times do not tell enough: on a tmpfs, what is written through a shared mapping changes no time at all, not even that of the inode.
/// </summary>
internal static class ContentCheck
{
    private const int Readers = 2;

    /// <summary>Whether a write can go unnoticed in a folder, found by making one.</summary>
    public static bool IsNeeded(string folder)
    {
        string file = Path.Combine(folder, "mapped"), clock = Path.Combine(folder, "clock");
        try
        {
            File.WriteAllBytes(file, [0]);
            DateTime made = File.GetLastWriteTimeUtc(file);
            SpinWait wait = default;
            do
            {
                File.WriteAllBytes(clock, [0]); // Until the clock of the file system has gone on.
                wait.SpinOnce();
            }
            while (File.GetLastWriteTimeUtc(clock) <= made);

            using (MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 1))
            using (MemoryMappedViewAccessor view = map.CreateViewAccessor())
            {
                view.Write(0, (byte)(view.ReadByte(0) + 1));
                view.Flush();
            }

            return File.GetLastWriteTimeUtc(file) <= made;
        }
        finally
        {
            File.Delete(file);
            File.Delete(clock);
        }
    }

    /// <summary>Entries whose file has other bytes than the repository. Where git converts line endings that is every one so converted: they are taken for altered.</summary>
    /// <param name="index">The entries.</param>
    /// <param name="folder">Where the files are.</param>
    /// <param name="entries">Those that are files, and otherwise as they should be.</param>
    public static IReadOnlyList<int> FindAltered(IndexFile index, string folder, IEnumerable<int> entries)
    {
        ConcurrentBag<int> altered = [];
        Parallel.ForEach(
            entries.Where(e => !index.IsLink(e) && !index.IsSubmodule(e)),
            new ParallelOptions { MaxDegreeOfParallelism = Readers },
            () => new byte[1 << 16],
            (entry, _, buffer) =>
            {
                if (!index.Id(entry).SequenceEqual(Hash(Path.Combine(folder, Encoding.UTF8.GetString(index.Path(entry))), index.Id(entry).Length, buffer)))
                {
                    altered.Add(entry);
                }

                return buffer;
            },
            _ => { });
        return [.. altered];
    }

    /// <summary>The id that git gives to a file's bytes.</summary>
    private static byte[] Hash(string path, int length, byte[] buffer)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete); // No lock is taken for that.
        using IncrementalHash hash = IncrementalHash.CreateHash(length == SHA256.HashSizeInBytes ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        int read = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {RandomAccess.GetLength(file)}\0"), buffer);
        hash.AppendData(buffer, 0, read);
        for (long at = 0; (read = RandomAccess.Read(file, buffer, at)) > 0; at += read)
        {
            hash.AppendData(buffer, 0, read);
        }

        return hash.GetHashAndReset();
    }
}
