using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using ResearchFreeze.Cli;
using ResearchFreeze.Tests.Training;
using Spectre.Console;

namespace ResearchFreeze.Tests.Cli;

/// <summary>
/// What is seen in a terminal of 60, 80 and 120 columns, held against files in <c>Screens</c>. With <c>RESEARCHFREEZE_SCREENS=1</c> the files are written anew: look at them before they are committed.
/// </summary>
public sealed partial class ScreenTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, int> Screens
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string line in (string[])
            [
                "", "train --help", "compare --help", "sweep --help", "report --help", "fork --help", "atlas --help", "bench --help", "validate --help", "explain --help", "export-schedule --help", "predict --help", "eval --help", "runs --help", "plot --help", "list --help", "devices --help", "doctor --help", "list", "list models", "list data", "list tasks", "list augmentations", "list policies", "list methods", "list autofreeze", "list criteria",
                "list rules", "list filters", "list optimizers", "list schedules", "list metrics", "list never", "train", "explain run", "eval run", "compare dry", "report run",
            ])
            {
                foreach (int width in (int[])[60, 80, 120]) data.Add(line, width);
            }
            return data;
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task AScreenIsAsCommittedAndNoLineIsWiderThanItsTerminal(string line, int width)
    {
        string run = Path.Combine(folder.Root, "run");
        string[] train = ["train", "--model", "mlp:784,8,8,2", "--data", "fashion-mnist-small:classes=0-1", "--epochs", "1", "--device", "reference", "--out", run, "--criterion", "weight-change", "--rule", "prefix-patience:threshold=10,patience=1"];
        if (line is "explain run" or "eval run") Assert.Equal(0, Show(train, 80).Code);
        string[] compare = ["compare", "--methods", "adaptive,static:{1..2}", "--seeds", "0..1", "--model", "mlp:784,8,8,2", "--data", "fashion-mnist-small:classes=0-1", "--epochs", "1", "--device", "reference"];
        if (line == "report run") await TinyComparison.Made(run);
        (int code, string text) = Show(line switch { "compare dry" => [.. compare, "--dry-run"], "report run" => ["report", run], "train" => train, "explain run" => ["explain", run], "eval run" => ["eval", run, "--device", "reference"], _ => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) }, width);
        Assert.Equal(0, code);
        // A path and a device's name are as long as they are.
        string[] wide = [.. text.Split('\n').Where(found => found.Length > width && !found.Contains(folder.Root, StringComparison.Ordinal))];
        Assert.Empty(wide);
        string file = Path.Combine(Folder(), $"{(line.Length == 0 ? "freeze" : line.Replace(" --", "-", StringComparison.Ordinal).Replace(' ', '-'))}-{width}.txt"), found = Steady(text);
        if (Environment.GetEnvironmentVariable("RESEARCHFREEZE_SCREENS") == "1") File.WriteAllText(file, found);
        Assert.Equal(File.ReadAllText(file), found);
    }

    private static (int Code, string Text) Show(string[] args, int width)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new Terminal(writer, width), Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        int code = FreezeCommand.Run(args, console, writer, writer);
        return (code, string.Join('\n', writer.ToString().Split('\n').Select(line => line.TrimEnd())));
    }

    /// <summary>Without what differs from run to run and machine to machine: paths, and lines with times, rates, memory and the device.</summary>
    private string Steady(string text)
    {
        text = text.Replace(folder.Root, "FOLDER", StringComparison.Ordinal);
        return Moving().Replace(text, match => $"{match.Groups[1].Value}(differs from run to run)\n");
    }

    // A line and those that it is continued in, which are indented.
    [GeneratedRegex(@"^(time|seconds|roofline|a step|peak memory|policy [^;]*;|run folder:).*\n(?: {4,}.*\n)*", RegexOptions.Multiline)]
    private static partial Regex Moving();

    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Screens");

    /// <summary>A terminal of a given width.</summary>
    private sealed class Terminal(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => width;

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
