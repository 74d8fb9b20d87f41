using System.CommandLine;
using ResearchFreeze.Plots;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze plot</c>: pictures of runs from their folders.</summary>
internal static class PlotVerb
{
    private const int DefaultWidth = 1600;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console)
    {
        var runs = new Argument<string[]>("runs") { Description = "The run folders.", Arity = ArgumentArity.OneOrMore };
        // The names are not asked of the library: listing the verbs would load what draws.
        var picture = new Option<string>("--picture") { Description = "curves, scores, timeline, ledger, accuracy, confusion, or all that the runs have data for.", DefaultValueFactory = _ => "all" };
        var place = new Option<string?>("--out") { Description = "A folder, or for one picture a .png or .svg file; default: plots in each run's folder." };
        var width = new Option<int>("--width") { Description = "Pixels from left to right.", DefaultValueFactory = _ => DefaultWidth };
        var format = new Option<string?>("--format") { Description = "png or svg; default: as --out ends, or png." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces pictures that are there." };
        var command = new Command("plot", "Draws pictures of runs from their folders: learning curves, scores, what was frozen when, operations, accuracy, confusion.") { runs, picture, place, width, format, overwrite };
        command.SetAction(parsed =>
        {
            (int pixels, bool overwrites) = (parsed.GetValue(width), parsed.GetValue(overwrite));
            Picture.CheckWidth(pixels);
            var plan = PicturePlan.Of([.. parsed.GetValue(runs)!.Select(run => PlottedRun.Read(run, catalogues))], parsed.GetValue(picture)!, parsed.GetValue(place), parsed.GetValue(format), overwrites);
            foreach (PlannedPicture planned in plan.Drawn)
            {
                plan.Write(planned, pixels, overwrites);
                console.WriteLine($"{planned.Picture.Name}: {planned.Path}");
            }
            foreach (string line in plan.Missing) console.WriteLine(line);
            return 0;
        });
        return command;
    }
}
