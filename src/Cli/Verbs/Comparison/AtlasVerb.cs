using System.CommandLine;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze atlas</c>: what freezing each unit at each step of a full training would have cost and saved.</summary>
internal static class AtlasVerb
{
    private const int MostJobs = 64;

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output, TextWriter error)
    {
        var asked = new AtlasRequest("");
        var run = new Argument<string>("run") { HelpName = "RUN", Description = "The folder of a finished full training: freeze train --policy never" };
        var units = new Option<string>("--units") { HelpName = "WHICH", Description = "prefixes: the first 1, 2, … units together; each: every unit alone", DefaultValueFactory = _ => asked.Kind };
        units.OneOf(AtlasPlan.Prefixes, AtlasPlan.Each);
        var steps = new Option<string>("--steps") { HelpName = "N|STEPS", Description = "How many steps, evenly spaced behind the warm-up, or the steps themselves, joined by ','", DefaultValueFactory = _ => asked.Steps };
        var warmUp = new Option<double>("--warm-up") { HelpName = "PART", Description = "The part of the run before the first of evenly spaced steps", DefaultValueFactory = _ => asked.WarmUp, CustomParser = GivenOptions.Real };
        var checks = new Option<double>("--checks") { HelpName = "N", Description = "Checks along full training, at which every criterion's score is read", DefaultValueFactory = _ => asked.Checks, CustomParser = GivenOptions.Real };
        var jobs = new Option<int>("--jobs") { HelpName = "N", Description = "Runs at a time, which share the processors", DefaultValueFactory = _ => 1 };
        Option<string?> folder = TrainingOptions.Optional("--out", "FOLDER", "The atlas's folder [RUN-atlas]");
        var missing = new Option<bool>("--only-missing") { Description = "Goes on with the atlas that is in the folder" };
        var dry = new Option<bool>("--dry-run") { Description = "Prints the grid; writes and runs nothing" };
        Verb command = new Verb("atlas", "Maps when each unit of a network could have been frozen: full training again, with every criterion's score, and a fork of it for each unit and step, which freezes there and trains to the end. Writes a data set.")
            .With("The grid", units, steps, warmUp, checks)
            .With("Running", folder, jobs, missing, dry)
            .Example("atlas runs/full --jobs 2", "prefixes × 8 steps, into runs/full-atlas")
            .Example("validate --atlas runs/full-atlas", "how far each criterion is from knowing the answer");
        command.Add(run);
        command.SetAction(parsed =>
        {
            parsed.Excludes(dry, "nothing is run", folder, missing);
            if (parsed.IsGiven(warmUp) && parsed.GetValue(steps)!.Contains(',', StringComparison.Ordinal)) throw new ArgumentException($"{warmUp.Name} has no effect where {steps.Name} names the steps.");
            int count = parsed.GetValue(jobs);
            if (count is < 1 or > MostJobs) throw new ArgumentException($"--jobs must be between 1 and {MostJobs}, found {count}.");
            string from = parsed.GetValue(run)!, place = parsed.GetValue(folder) ?? $"{Path.TrimEndingDirectorySeparator(from)}-atlas";
            if (string.IsNullOrWhiteSpace(place)) throw new ArgumentException("--out needs a folder's name.");
            AtlasRequest request = asked with { Run = from, Kind = parsed.GetValue(units)!, Steps = parsed.GetValue(steps)!, WarmUp = parsed.GetValue(warmUp), Checks = parsed.GetValue(checks), Jobs = count };
            RunSettings settings = request.CheckedRun();
            CacheFileUse.Check(settings.Cache, count);
            AtlasPlan plan = Plan(request, settings, catalogues, error);
            output.WriteLine($"{plan.Cells.Count} forks of {from}: {(plan.Kind == AtlasPlan.Each ? "units" : "prefixes up to")} {string.Join(", ", plan.Targets.Select(unit => plan.Units[unit]))} × steps {string.Join(", ", plan.At)} of {plan.Steps}");
            if (parsed.GetValue(dry)) return 0;
            AtlasFolder.Take(place, plan, request.Source(settings, plan.At), parsed.GetValue(missing));
            int code = StopSignals.Watch((stop, kill) => new AtlasRunner(plan, place, OwnProcess.Run, output.WriteLine).Run(count, stop, kill));
            if (code is not (0 or FreezeCommand.Failed)) output.WriteLine($"atlas: {place}; --only-missing goes on with it");
            // Where full training itself has failed there is nothing to show; its line has said why.
            else if (AtlasFolder.StateOf(AtlasFolder.SourceOf(place), null) == RunState.Done)
            {
                if (AtlasFolder.Strays(place, from) is { } other) error.WriteLine($"warning: {other}");
                AtlasReport.Print(console, plan, AtlasTable.Read(place));
                output.WriteLine($"atlas: {place}; 'freeze validate --atlas {TrainLine.Shell([place])}' says how far the criteria are from it");
            }
            return code;
        });
        return command;
    }

    /// <summary>Everything that can be wrong with the input is found here: all criteria are tried on the model and the data.</summary>
    private static AtlasPlan Plan(AtlasRequest request, RunSettings run, RunCatalogues catalogues, TextWriter error)
    {
        AtlasPlan? planned = null;
        RunSettings source = request.Source(run, []);
        OnDevice.Run(source, error, opened =>
        {
            using RunParts parts = RunParts.Resolve(source, catalogues, opened);
            planned = request.Plan(parts);
            opened.Counters.Rates = Autograd.MachineBenchmark.Measure(opened);
            Trainer.CheckPolicy(parts);
            return 0;
        });
        return planned!;
    }
}
