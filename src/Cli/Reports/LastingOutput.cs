using System.Text;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>The process's standard output as a console, through a writer that outlasts it.</summary>
internal sealed class LastingOutput(LastingWriter writer) : IAnsiConsoleOutput
{
    private readonly AnsiConsoleOutput standard = new(Console.Out);

    public TextWriter Writer => writer;

    public bool IsTerminal => standard.IsTerminal;

    public int Width => standard.Width;

    public int Height => standard.Height;

    public void SetEncoding(Encoding encoding) => standard.SetEncoding(encoding);
}
