using Spectre.Console;

namespace Rig.Terminal;

/// <summary>Where a command's output goes: a terminal gets colours and redrawing, anything else plain lines of any
/// width.</summary>
internal sealed class Screen
{
    private const int Endless = 1_000;

    private Screen(IAnsiConsole console, bool isTerminal) => (Console, IsTerminal) = (console, isTerminal);

    public IAnsiConsole Console { get; }

    /// <summary>Whether output goes to a terminal that can be redrawn.</summary>
    public bool IsTerminal { get; }

    /// <summary>Whether someone is there to answer.</summary>
    public bool CanAsk => IsTerminal && !System.Console.IsInputRedirected;

    public static Screen Open()
    {
        bool terminal =
            !System.Console.IsOutputRedirected
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
                Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
                ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            }
        );
        if (!terminal)
        {
            console.Profile.Width = Endless;
        }

        return new Screen(console, terminal);
    }

    /// <summary>Writes a line as it is: no markup in it, and never wrapped.</summary>
    public static void Line(string text = "") => System.Console.Out.WriteLine(Plain.Line(text, int.MaxValue));

    /// <summary>Writes text that is already safe and may have several lines.</summary>
    public static void Raw(string text) => System.Console.Out.WriteLine(text);

    /// <summary>Writes a table; without a terminal, aligned columns and nothing else.</summary>
    public void Write(Columns columns)
    {
        if (IsTerminal)
        {
            Console.Write(columns.ToTable());
        }
        else
        {
            columns.WriteTo(System.Console.Out);
        }
    }
}
