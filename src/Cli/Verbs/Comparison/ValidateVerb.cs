using System.CommandLine;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary><c>freeze validate</c>: scores criteria, rules and policies on tasks whose right answer is known.</summary>
internal static class ValidateVerb
{
    private const int MostSeeds = 1000;
    private static readonly string[] KnownTasks = ["planted", "null", "scattered", "shift"];

    public static Command Create(RunCatalogues catalogues, IAnsiConsole console, TextWriter output, TextWriter error)
    {
        var criterion = new Option<string[]>("--criterion") { HelpName = "SPEC", Description = "A criterion to run under the rule; may be repeated" };
        var rule = new Option<string?>("--rule") { HelpName = "SPEC", Description = $"The criteria's rule, RULE+FILTER... [{Rules.DefaultRule}]" };
        var control = new Option<string?>("--control") { HelpName = "SETTINGS", Description = "With --criterion: when checks, probes and thaws happen (docs/rules.md)" };
        var policy = new Option<string[]>("--policy") { HelpName = "SPEC", Description = "A policy; may be repeated" };
        var seeds = new Option<int>("--seeds") { HelpName = "N", Description = "Seeds of each task", DefaultValueFactory = _ => 10 };
        var tasks = new Option<string>("--tasks") { HelpName = "NAMES", Description = $"Joined by ',': {string.Join(", ", KnownTasks)}", DefaultValueFactory = _ => "planted,null" };
        var schedule = new Option<string>("--schedule") { HelpName = "SPEC", Description = "The learning rate's schedule on planted tasks", DefaultValueFactory = _ => "constant" };
        Option<int> threads = ThreadsOption.Create();
        // Not auto: tasks of this size gain nothing from a card.
        Option<string> device = DeviceOption.Create("cpu"), precision = PrecisionOption.Create();
        var atlas = new Option<string[]>("--atlas") { HelpName = "ATLAS…", Description = "In place of tasks: atlases of freeze atlas. How far is each of their criteria, or of those named by --criterion, from knowing when each unit could have been frozen?", AllowMultipleArgumentsPerToken = true };
        var budgets = new Option<string>("--budgets") { HelpName = "NATS", Description = "With --atlas: what a freeze may cost, joined by ','", DefaultValueFactory = _ => AtlasScoreReport.DefaultBudgets };
        var combine = new Option<string>("--combine") { HelpName = "HOW", Description = "With --atlas: how the scores of a prefix's units become one: max, sum for prices in nats, or last", DefaultValueFactory = _ => "max" };
        combine.OneOf("max", "sum", "last");
        var json = new Option<bool>("--json") { Description = "Prints JSON" };
        Verb command = new Verb("validate", "Scores policies and criteria on tasks whose right answer is known: what should have been frozen, what was, and how late.")
            .With("What is scored", policy, criterion, rule, control)
            .With("Tasks", tasks, seeds, schedule, device, threads, precision)
            .With("On a real network", atlas, budgets, combine)
            .With("Output", json)
            .Example("validate --policy adaptive", "the default policy on the planted tasks")
            .Example("validate --atlas runs/full-atlas", "every criterion against the forks of a full training")
            .Example("validate --criterion drift --criterion cka --tasks planted,shift", "two criteria beside each other, also where the data shifts");
        command.SetAction(parsed =>
        {
            if (parsed.IsGiven(atlas))
            {
                parsed.Excludes(atlas, "nothing is trained", policy, rule, control, tasks, seeds, schedule, device, threads, precision);
                var report = AtlasScoreReport.Of(parsed.GetValue(atlas)!, parsed.GetValue(criterion) ?? [], parsed.GetValue(budgets)!, Enum.Parse<AtlasCombine>(parsed.GetValue(combine)!, ignoreCase: true));
                if (parsed.GetValue(json)) output.WriteLine(report.Json());
                else report.Print(console);
                return 0;
            }
            parsed.Needs(budgets, atlas);
            parsed.Needs(combine, atlas);
            parsed.Needs(rule, criterion);
            parsed.Needs(control, criterion);
            Contender[] contenders = Contenders(catalogues, parsed.GetValue(criterion) ?? [], parsed.GetValue(rule), parsed.GetValue(control), parsed.GetValue(policy) ?? []);
            string on = parsed.GetValue(device)!;
            int count = parsed.GetValue(seeds), used = ThreadsOption.Checked(parsed, threads, on);
            if (count is < 1 or > MostSeeds) throw new ArgumentException($"--seeds must be between 1 and {MostSeeds}, found {count}.");
            string[] asked = Tasks(parsed.GetValue(tasks)!);
            if (parsed.IsGiven(schedule) && asked is ["shift"]) throw new ArgumentException($"{schedule.Name} has no effect with {tasks.Name} shift: it is the schedule of planted tasks.");
            if (parsed.IsGiven(schedule) && Array.Find(contenders, contender => contender.Policy().Schedule is not null) is { } own)
                throw new ArgumentException($"{schedule.Name} has no effect with policy '{own.Name}', which stands in for it.");
            var settings = new PlantedSettings { Schedule = catalogues.Schedules.Create(parsed.GetValue(schedule)!) };
            return OnDevice.Run(on, used, PrecisionOption.Of(parsed, precision), error, opened =>
            {
                ValidateReport report = Run(contenders, settings, asked, count, opened, new ShiftSettings { Threads = used, Device = on });
                if (parsed.GetValue(json)) output.WriteLine(report.Json());
                else report.Print(console);
                return 0;
            });
        });
        return command;
    }

    private static ValidateReport Run(Contender[] contenders, PlantedSettings settings, string[] asked, int seeds, Device device, ShiftSettings shifts)
    {
        // Small runs side by side, one a thread, are faster on the CPU than all threads for one.
        Device? shared = device is CpuDevice ? null : device;
        return new ValidateReport(contenders, settings, seeds)
        {
            Planted = Family("planted", () => PlantedTask.Prefixes(settings)),
            Null = Family("null", () => [PlantedTask.Null(settings)]),
            Scattered = Family("scattered", () => PlantedTask.Scattered(settings)),
            Shifts = asked.Contains("shift") ? CriterionValidation.Shifts(contenders, new ShiftTasks(shifts, HostDatasets.FashionMnistSmall(), shared), seeds, shifts.Margin) : null,
            ShiftMargin = shifts.Margin,
        };

        IReadOnlyList<PlantedSummary>? Family(string name, Func<IReadOnlyList<PlantedTask>> family) =>
            asked.Contains(name) ? CriterionValidation.Planted(contenders, family(), seeds, shifts.Threads, shared) : null;
    }

    private static Contender[] Contenders(RunCatalogues catalogues, string[] criteria, string? rule, string? control, string[] policies)
    {
        if (criteria.Length + policies.Length == 0) throw new ArgumentException("Nothing to validate: give --criterion or --policy, or --atlas.");
        Contender[] contenders =
        [
            .. policies.Select(policy => new Contender(policy, () => catalogues.Policies.Create(policy))),
            .. criteria.Select(criterion => new Contender(rule is null ? criterion : $"{criterion} under {rule}", () => Policies.Of(new RunSettings { Criterion = criterion, Rule = rule, Control = control }, catalogues))),
        ];
        // What is wrong with a spec is found before the first run.
        foreach (Contender contender in contenders) contender.Policy();
        return contenders;
    }

    private static string[] Tasks(string text)
    {
        string[] names = text.Split(',');
        foreach (string name in names)
        {
            if (!KnownTasks.Contains(name)) throw new ArgumentException($"'{text}': task '{name}' is unknown; known are {string.Join(", ", KnownTasks)}.");
            if (names.Count(other => other == name) > 1) throw new ArgumentException($"'{text}': {name} is given twice.");
        }
        return names;
    }
}
