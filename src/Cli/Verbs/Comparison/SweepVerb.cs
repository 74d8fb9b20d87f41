using System.CommandLine;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze sweep</c>: the runs of a comparison's plan for a scheduler, or one of them, as a scheduler's worker.</summary>
internal static class SweepVerb
{
    private const string Slurm = "slurm", Parallel = "parallel", Local = "local";

    public static Command Create(RunCatalogues catalogues, Func<IReadOnlyList<string>, int> freeze, TextWriter output, TextWriter error, int width)
    {
        var options = new PlanOptions(catalogues, needsMethods: false);
        var plan = new Argument<string?>("plan") { HelpName = "PLAN", Description = "A comparison's folder, or the plan.json in it; without one the options below make it", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> emit = TrainingOptions.Optional("--emit", "HOW", "slurm: a script of arrays, which asks for what a pilot run took; parallel: lines for GNU parallel or xargs; local: runs all here", Slurm, Parallel, Local);
        Option<string?> run = TrainingOptions.Optional("--run", "NAME", "Makes one run of PLAN: the line that a scheduler runs. What is done is left alone, what was stopped goes on, what another process makes is not touched");
        Option<string?> pilot = TrainingOptions.Optional("--pilot", "NAME", "With --emit slurm: the run that is made here and measured [full training with the first seed]");
        Option<string?> folder = TrainingOptions.Optional("--out", "FOLDER", "Without PLAN: the comparison's folder");
        var missing = new Option<bool>("--only-missing") { Description = "Goes on with a plan whose runs have begun: what is done is left out; more seeds and methods are added" };
        options.Jobs.Description = "Runs at a time. On one machine they share the processors, and their seconds say little; with slurm: of an array [as many as Slurm likes]";
        Verb command = new Verb("sweep", "Spreads the runs of a comparison over a cluster or over processes: the plan of 'freeze compare', a line and a folder a run, with a lock, so that several schedulers may work on one plan. 'freeze report' is the same as after 'freeze compare'.")
            .With("What is done", emit, run, pilot)
            .With("What is compared", options.Compared)
            .With("Model and data", options.ModelAndData)
            .With("Training (each model has defaults of its own)", options.Training)
            .With("Running", [folder, options.Jobs, missing, .. options.Checkpoints])
            .Example("sweep --methods adaptive,static:2 --seeds 0..9 --out study --emit slurm", "then: bash study/sweep.slurm")
            .Example("sweep study --emit slurm --only-missing", "what has not been made yet, or was stopped")
            .Example("report study", "what came of it");
        command.Add(plan);
        command.SetAction(parsed =>
        {
            parsed.Excludes(run, "it makes one run of a plan", [emit, pilot, folder, options.Jobs, missing, .. options.All]);
            string? given = parsed.GetValue(plan), how = parsed.GetValue(emit);
            if (parsed.GetValue(run) is { } name) return new SweepWorker(FolderOf(given ?? throw new ArgumentException("--run needs a PLAN: a comparison's folder.")), freeze, output.WriteLine, line => error.WriteLine($"warning: {line}"), Lost).Run(name);
            if (how is null) throw new ArgumentException($"freeze sweep needs --emit {Slurm}, {Parallel} or {Local}, or --run NAME.");
            if (how is not (Slurm or Parallel or Local)) throw new ArgumentException($"--emit must be {Slurm}, {Parallel} or {Local}, found '{how}'.");
            if (how != Slurm && parsed.IsGiven(pilot)) throw new ArgumentException($"--pilot has no effect with --emit {how}: nothing is asked for.");
            int jobs = options.JobsOf(parsed);
            int? most = how == Slurm && !parsed.IsGiven(options.Jobs) ? null : jobs;
            CacheFileUse.Check(options.CacheOf(parsed), most);
            (string at, ComparisonPlan made) = given is not null ? Read(parsed, given) : Make(parsed, how == Slurm ? 1 : jobs);
            foreach (PlannedRun planned in made.All) CacheFileUse.Check(planned.Settings.GetValueOrDefault(options.CacheName), most);
            SweepEmit sweep = new(at, made, output, width) { Jobs = parsed.IsGiven(options.Jobs) ? jobs : null, OnlyMissing = parsed.GetValue(missing) };
            return how switch
            {
                Slurm => sweep.Slurm(parsed.GetValue(pilot)),
                Parallel => sweep.Parallel(),
                _ => sweep.Local(),
            };
        });
        return command;

        (string Folder, ComparisonPlan Plan) Read(ParseResult parsed, string given)
        {
            foreach (Option option in (Option[])[folder, .. options.All])
            {
                if (parsed.IsGiven(option)) throw new ArgumentException($"{option.Name} has no effect with a PLAN: '{given}' says it.");
            }
            string at = FolderOf(given);
            return (at, ComparisonPlan.Read(at));
        }

        (string Folder, ComparisonPlan Plan) Make(ParseResult parsed, int jobs)
        {
            if (parsed.GetValue(options.Methods) is null) throw new ArgumentException("freeze sweep needs a PLAN, or --methods.");
            string at = parsed.GetValue(folder) ?? throw new ArgumentException("freeze sweep needs --out FOLDER where it makes a plan.");
            if (string.IsNullOrWhiteSpace(at)) throw new ArgumentException("--out needs a folder's name.");
            (ComparisonPlan planned, _, IReadOnlyList<string> remarks) = options.Plan(parsed, jobs, at, error);
            foreach (string line in remarks.Select(remark => $"note: {remark}").Concat(planned.NotRun.Select(control => $"not run: {control}")).SelectMany(line => WordWrap.Lines("", line, width, 4))) output.WriteLine(line);
            ComparisonFolder.Take(at, planned, parsed.GetValue(missing), overwrites: false);
            return (at, planned);
        }

        // The run is another process's: what this one would write now would spoil it. It goes on from its checkpoint there.
        void Lost(string why)
        {
            error.WriteLine($"error: {why}; this process ends.");
            Environment.Exit(SweepWorker.Held);
        }
    }

    /// <summary>A comparison's folder, named by itself or by its plan.</summary>
    private static string FolderOf(string given)
    {
        if (string.IsNullOrWhiteSpace(given)) throw new ArgumentException("PLAN needs a folder's name.");
        if (Path.GetFileName(given) == ComparisonPlan.File && !Directory.Exists(given)) return Path.GetDirectoryName(given) is { Length: > 0 } folder ? folder : ".";
        return File.Exists(given) ? throw new ArgumentException($"'{given}' is no plan: one is called {ComparisonPlan.File}, and its runs lie beside it.") : given;
    }
}
