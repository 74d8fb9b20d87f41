using System.CommandLine;
using ResearchFreeze.Plots;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze plot</c>: pictures of runs from their folders.</summary>
internal static class PlotVerb
{
    private const int DefaultWidth = 1600;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output)
    {
        var runs = new Argument<string[]>("runs") { HelpName = "RUN…", Description = "The run folders, or atlases of freeze atlas", Arity = ArgumentArity.OneOrMore };
        // The names are not asked of the library: listing the verbs would load what draws.
        var picture = new Option<string>("--picture") { HelpName = "NAME", Description = "curves, scores, timeline, ledger, accuracy, confusion, calibration, of an atlas atlas and prices, or all that the runs have data for", DefaultValueFactory = _ => "all" };
        var width = new Option<int>("--width") { HelpName = "N", Description = "Pixels from left to right", DefaultValueFactory = _ => DefaultWidth };
        var place = new Option<string?>("--out") { HelpName = "PATH", Description = "A folder, or for one picture a .png or .svg file; else plots in each run's folder" };
        var format = new Option<string?>("--format") { HelpName = "FORMAT", Description = "png or svg; else as --out ends, or png" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replaces pictures that are there" };
        Verb command = new Verb("plot", "Draws pictures of runs from their folders.")
            .With("What is drawn", picture, width)
            .With("Output", place, format, overwrite)
            .Example("plot runs/a", "all pictures of a run, into runs/a/plots")
            .Example("plot runs/full-atlas --picture atlas", "what freezing each unit at each step costs, as a map")
            .Example("plot runs/*-atlas --picture prices", "predicted and paid prices of several atlases, as one picture")
            .Example("plot runs/a runs/b --picture accuracy --out ab.svg", "two runs compared, as one file");
        command.Add(runs);
        command.SetAction(parsed =>
        {
            (int pixels, bool overwrites) = (parsed.GetValue(width), parsed.GetValue(overwrite));
            Picture.CheckWidth(pixels);
            var plan = PicturePlan.Of([.. parsed.GetValue(runs)!.Select(run => PlottedRun.Read(run, catalogues))], parsed.GetValue(picture)!, parsed.GetValue(place), parsed.GetValue(format), overwrites);
            foreach (PlannedPicture planned in plan.Drawn)
            {
                plan.Write(planned, pixels, overwrites);
                // Never broken in two, as a console would a path that is wider than it.
                output.WriteLine($"{planned.Picture.Name}: {planned.Path}");
            }
            foreach (string line in plan.Missing.SelectMany(missing => WordWrap.Lines("", missing, console.Profile.Width, 4))) output.WriteLine(line);
            return 0;
        });
        return command;
    }
}
