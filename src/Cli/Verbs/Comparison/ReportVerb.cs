using System.CommandLine;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Plots;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze report</c>: what came of a comparison.</summary>
internal static class ReportVerb
{
    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output, int width)
    {
        var folder = new Argument<string>("folder") { HelpName = "FOLDER", Description = "The comparison's folder" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces files of a report's names that no report has written" };
        Verb command = new Verb("report", "Writes what came of a comparison into its folder: report.html, which needs no network, runs.csv, pairs.csv, table.tex and pictures. Of one that is not finished, too.")
            .With("Options", overwrite)
            .Example("report study", "then open study/report.html");
        command.Add(folder);
        command.SetAction(parsed =>
        {
            var result = ComparisonResult.Read(parsed.GetValue(folder)!);
            IReadOnlyList<string> files = ComparisonReport.Write(result, catalogues, parsed.GetValue(overwrite));
            ReportPrint.Print(console, output, result, width);
            output.WriteLine();
            foreach (string file in files.Where(file => Path.GetDirectoryName(file)!.Length == 0)) output.WriteLine(Path.Combine(result.Folder, file));
            output.WriteLine($"{Path.Combine(result.Folder, "pictures")}: {files.Count(file => Path.GetDirectoryName(file)!.Length > 0)} pictures");
            return 0;
        });
        return command;
    }
}
