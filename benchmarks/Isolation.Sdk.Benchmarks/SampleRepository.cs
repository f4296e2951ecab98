namespace Isolation.Sdk.Benchmarks;

/// <summary>Generates a repository like a real one: many small files, few large, in folders; the same one every time,
/// packed.</summary>
internal static class SampleRepository
{
    private const int FilesPerFolder = 20;
    private const double MedianSize = 4096;
    private const double Spread = 1.1;

    public static async Task MakeAsync(string path, int files)
    {
        Random random = new(1);
        for (int i = 0; i < files; i++)
        {
            string folder = Path.Combine(
                path,
                $"part-{i / FilesPerFolder / 10:000}",
                $"area-{i / FilesPerFolder % 10}"
            );
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, $"file-{i:00000}.cs"), Text(random));
        }

        await Command.GitAsync(path, "init", "-q", "-b", "main");
        await Command.GitAsync(path, "config", "user.name", "bench");
        await Command.GitAsync(path, "config", "user.email", "bench@localhost");
        await Command.GitAsync(path, "add", "-A");
        await Command.GitAsync(path, "commit", "-q", "-m", "A repository");
        await Command.GitAsync(path, "repack", "-adq");
        await Command.GitAsync(path, "branch", "landing");
    }

    /// <summary>Words of a small vocabulary, as source text compresses; sizes are log-normal around the
    /// median.</summary>
    private static string Text(Random random)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        int size = (int)Math.Clamp(MedianSize * Math.Exp(Spread * normal), 64, 512 * 1024);
        System.Text.StringBuilder text = new(size + 16);
        while (text.Length < size)
        {
            text.Append("word").Append(random.Next(2000)).Append(random.Next(8) == 0 ? '\n' : ' ');
        }

        return text.Append('\n').ToString();
    }
}
