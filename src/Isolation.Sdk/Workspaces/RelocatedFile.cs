using System.Text;
using System.Text.RegularExpressions;

namespace Isolation.Sdk.Workspaces;

// A virtual environment, node_modules and restored projects say where they are; a copy of them has to say where it is.
internal static class RelocatedFile
{
    private const long MaxBytes = 16 << 20;
    private static readonly string[] Endings =
    [
        ".pth",
        ".egg-link",
        ".nuget.g.props",
        ".nuget.g.targets",
        ".nuget.dgspec.json",
        "pyvenv.cfg",
        "project.assets.json",
        "project.nuget.cache",
    ];

    public static void Mend(string file, string from, string to)
    {
        if (!IsKnown(file) || new FileInfo(file).Length > MaxBytes)
        {
            return;
        }

        string text = File.ReadAllText(file, Encoding.Latin1),
            old = Bytes(from);
        if (text.Contains(old, StringComparison.Ordinal))
        {
            string pattern = Regex.Escape(old) + @"(?![^/\\\s""':,;)\]}])";
            string mended = Regex.Replace(text, pattern, Bytes(to).Replace("$", "$$", StringComparison.Ordinal));
            File.WriteAllText(file, mended, Encoding.Latin1);
        }
    }

    // Each byte a character, so that what is no UTF-8 stays what it is.
    private static string Bytes(string path) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path));

    private static bool IsKnown(string file) =>
        Endings.Any(e => file.EndsWith(e, StringComparison.Ordinal))
        || Path.GetFileName(file).StartsWith("__editable__", StringComparison.Ordinal)
        || (Path.GetFileName(Path.GetDirectoryName(file)) is "bin" or "Scripts" or ".bin" && IsScript(file));

    private static bool IsScript(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Path.GetFileName(file).StartsWith("activate", StringComparison.OrdinalIgnoreCase)
            || (stream.ReadByte() == '#' && stream.ReadByte() == '!');
    }
}
