namespace Isolation.Sdk.Git;

/// <summary>Reads refs of git's files backend.</summary>
internal static class RefReader
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Adds every ref below a prefix that ends with a slash; loose ones win over packed ones.</summary>
    public static void ReadAll(string commonDirectory, IDictionary<string, string> refs, string prefix = "refs/")
    {
        // Loose ones first, as git reads them: one that is being packed meanwhile is in the packed file before its own goes.
        Dictionary<string, string> packed = new(StringComparer.Ordinal);
        ReadLoose(commonDirectory, refs, prefix);
        ReadPacked(commonDirectory, packed, prefix);
        foreach ((string name, string id) in packed)
        {
            refs.TryAdd(name, id);
        }
    }

    private static void ReadLoose(string commonDirectory, IDictionary<string, string> refs, string prefix)
    {
        string loose = Path.Combine(commonDirectory, prefix);
        if (!Directory.Exists(loose))
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(loose, "*", Everything))
        {
            if (!file.EndsWith(".lock", StringComparison.Ordinal) && TryRead(file) is { Length: > 0 } value)
            {
                refs[Path.GetRelativePath(commonDirectory, file).Replace('\\', '/')] = value;
            }
        }
    }

    /// <summary>One ref's object; <see langword="null"/> when it does not exist or is not a plain one.</summary>
    public static string? Read(string commonDirectory, string name)
    {
        if (
            TryRead(Path.Combine(commonDirectory, name)) is { Length: >= 40 } value
            && !value.StartsWith("ref:", StringComparison.Ordinal)
        )
        {
            return value;
        }

        Dictionary<string, string> packed = new(StringComparer.Ordinal);
        ReadPacked(commonDirectory, packed, name);
        return packed.GetValueOrDefault(name);
    }

    private static void ReadPacked(string commonDirectory, IDictionary<string, string> refs, string prefix)
    {
        string packed = Path.Combine(commonDirectory, "packed-refs");
        if (!File.Exists(packed))
        {
            return;
        }

        using StreamReader lines = new(packed);
        AddPacked(lines, refs, prefix);
    }

    /// <summary>Adds every ref of a packed file below a prefix.</summary>
    /// <returns>Whether each line was one that git would take.</returns>
    public static bool AddPacked(TextReader lines, IDictionary<string, string> refs, string prefix)
    {
        bool whole = true;
        while (lines.ReadLine() is { } line)
        {
            if (
                line.Length > 41
                && line[0] is not ('#' or '^')
                && line.IndexOf(' ', StringComparison.Ordinal) is >= 40 and int space
            )
            {
                if (line.AsSpan(space + 1).StartsWith(prefix, StringComparison.Ordinal))
                {
                    refs[line[(space + 1)..]] = line[..space];
                }
            }
            else if (line.Length == 0 || line[0] is not ('#' or '^'))
            {
                whole = false;
            }
        }

        return whole;
    }

    private static string? TryRead(string path)
    {
        try
        {
            return new FileInfo(path).Length == 0 ? "" : File.ReadAllText(path).Trim(); // Nothing, or a pipe: opening one would wait for ever.
        }
        catch (Exception e)
            when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
