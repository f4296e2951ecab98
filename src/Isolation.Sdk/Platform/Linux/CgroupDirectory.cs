using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Platform;

/// <summary>What can be done with the folder of a control group, whatever its version.</summary>
internal static class CgroupDirectory
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RemoveLimit = TimeSpan.FromSeconds(2);

    /// <summary>Moves a process in; what it starts from then on is in too.</summary>
    public static bool TryAdd(string path, int pid) =>
        TryWrite(Path.Combine(path, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>The processes in it and below it.</summary>
    public static IEnumerable<int> Members(string path)
    {
        try
        {
            return
            [
                .. Folders(path)
                    .SelectMany(folder => File.ReadAllLines(Path.Combine(folder, "cgroup.procs")))
                    .Select(line => int.Parse(line, CultureInfo.InvariantCulture)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Removes it with all below it; they have to be empty.</summary>
    /// <returns>Whether it is gone.</returns>
    public static bool TryRemove(string path)
    {
        try
        {
            foreach (string folder in Folders(path).OrderByDescending(f => f.Length).ToArray())
            {
                Directory.Delete(folder);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not empty yet, or gone: a later sweep looks again.
            return !Directory.Exists(path);
        }
    }

    /// <summary>Removes it as soon as the last of what was ended has left: a process that has ended leaves its group a moment later.</summary>
    public static async Task RemoveAsync(string path, TimeProvider time)
    {
        long begun = time.GetTimestamp();
        while (!TryRemove(path) && time.GetElapsedTime(begun) < RemoveLimit)
        {
            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    public static bool TryWrite(string file, string text)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(Encoding.ASCII.GetBytes(text));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static string? TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Folders(string path) =>
        Directory.Exists(path)
            ? Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).Prepend(path)
            : [];
}
