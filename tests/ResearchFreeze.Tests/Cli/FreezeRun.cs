using ResearchFreeze.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Tests.Cli;

/// <summary>What a command line gave.</summary>
internal sealed record FreezeRun(int Code, string Output, string Error)
{
    /// <summary>Runs in this process, on a console that is no terminal.</summary>
    public static FreezeRun Of(params string[] args) => With(_ => { }, args);

    /// <summary>The same with names of one's own.</summary>
    public static FreezeRun With(Action<RunCatalogues> configure, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        int code = FreezeCommand.Run(args, console, output, error, configure);
        return new FreezeRun(code, output.ToString(), error.ToString());
    }

    /// <summary>The lines, without escapes and none broken in two: a broken one would begin in the middle.</summary>
    public string[] PlainLines()
    {
        Assert.DoesNotContain('\u001b', Output);
        Assert.DoesNotContain('\r', Output);
        return [.. Output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
    }

    /// <summary>A folder of tiny images, 2 × 3 pixels in three classes.</summary>
    public static string Images(TemporaryFolder folder)
    {
        folder.WritePart("train", 36, id => id % 3);
        folder.WritePart("test", 9, id => id % 3);
        return folder.Root;
    }
}
