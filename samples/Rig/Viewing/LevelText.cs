using Rig.Terminal;

namespace Rig.Viewing;

/// <summary>What this machine gives, for people.</summary>
internal static class LevelText
{
    public static void Write(IReadOnlyList<LevelView> machine)
    {
        Columns table = new("LEVEL", "HERE", "SEALED", "DETECTED");
        foreach (LevelView view in machine)
        {
            table.Add(Plain.Word(view.Level), view.Given ? "yes" : "no", Words(view.Sealed), Words(view.Detected));
        }

        Screen.Open().Write(table);
        WriteMissing(machine);
        foreach (string notice in machine.SelectMany(v => v.Notices).Distinct())
        {
            Screen.Line($"Less well here: {notice}");
        }
    }

    public static void WriteMissing(IEnumerable<LevelView> machine)
    {
        foreach (LevelView view in machine)
        {
            foreach (string fault in view.Missing.Select(m => m.ToString()))
            {
                Screen.Line($"Not {Plain.Word(view.Level)} here: {fault}");
            }
        }
    }

    private static string Words<T>(IEnumerable<T> values)
        where T : struct, Enum => string.Join(", ", values.Select(Plain.Word));
}
