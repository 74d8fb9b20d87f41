#:project ../src/Training/Training.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
// Searches the default recipe of built-in models on the embedded images, by validation accuracy alone: test accuracy is not looked at. One or two settings at a time, the best so far kept; last the number of epochs, of
// which the shortest within 0.3 points of the best found is taken. With "schedule" it starts from the present recipe and tries only the decay's shape, with the rate and the number of epochs beside it; with "lengths" the
// numbers of epochs and the shapes of decay that are given, by a rate that is given.
// Two runs at a time, each on one thread: results do not depend on it. Usage: see scripts/recipes.sh.

using System.Globalization;
using System.Text;
using ResearchFreeze.Training;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const double Within = 0.003;
string model = args[0], file = args[1];
ulong[] seeds = [.. Enumerable.Range(1, int.Parse(args[2], CultureInfo.InvariantCulture)).Select(seed => (ulong)seed)];
bool isWide = args.Length > 3 && args[3] == "wide", isSchedule = args.Length > 3 && args[3] == "schedule", isLengths = args.Length > 3 && args[3] == "lengths";
var rows = new StringBuilder("model,stage,lr,schedule,optimizer,batch,epochs,seed,validationAccuracy,validationLoss\n");
var known = new Dictionary<Recipe, double>();

Recipe best = isSchedule || isLengths
    ? Recipe.Of(RunSettings.For(model))
    : new Recipe(model.StartsWith("resnet", StringComparison.Ordinal) ? 0.1f : 0.05f, 0.1, 1, 1e-4, "cosine", 128, model.StartsWith("mlp", StringComparison.Ordinal) ? 10 : 5);
if (isLengths) best = best with { Rate = float.Parse(args[4], CultureInfo.InvariantCulture) };
string[] shapes = isLengths ? args[5].Split(',') : ["cosine", "linear", "one-cycle"];
if (isSchedule)
{
    Stage("schedule, rate", from shape in shapes from factor in (float[])[0.5f, 1, 2] select best with { Schedule = shape, Rate = best.Rate * factor });
}
else if (!isLengths)
{
    float[] rates = isWide ? [0.02f, 0.05f, 0.1f, 0.2f] : [0.05f, 0.1f, 0.2f, 0.4f];
    (double WarmUp, double Clip)[] safety = isWide ? [(0, 0), (0.1, 0), (0, 1), (0.1, 1)] : [(0.1, 1)];
    Stage("rate, warm-up, clipping", from rate in rates from safe in safety select best with { Rate = rate, WarmUp = safe.WarmUp, Clip = safe.Clip });
    Stage("decay", (isWide ? (double[])[1e-4, 5e-4, 2e-3, 5e-3] : [1e-4, 5e-4, 2e-3]).Select(decay => best with { Decay = decay }));
    if (isWide)
    {
        Stage("schedule", shapes.Select(shape => best with { Schedule = shape }));
        Stage("batch, rate", from batch in (int[])[64, 128, 256] from factor in (float[])[0.5f, 1, 2] select best with { Batch = batch, Rate = best.Rate * factor });
    }
}
int[] lengths = isWide ? [2, 3, 4, 5, 6, 8, 10, 12, 15, 20]
    : isLengths ? [.. args[6].Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))]
    : [2, 3, 4, 5, 6, 8];
Recipe[] last = [.. from epochs in lengths from shape in isSchedule ? shapes[..2] : isLengths ? shapes : [best.Schedule] select best with { Epochs = epochs, Schedule = shape }];
Stage("epochs", last);
double most = known.Values.Max();
int shortest = last.First(recipe => known[recipe] >= most - Within).Epochs;
Recipe chosen = last.Where(recipe => recipe.Epochs == shortest).MaxBy(recipe => known[recipe])!;
File.WriteAllText(file, rows.ToString());
Console.WriteLine($"{model}: {chosen.Text}: validation {known[chosen]:P2}, best found {most:P2} with {known.MaxBy(pair => pair.Value).Key.Text}");

void Stage(string name, IEnumerable<Recipe> candidates)
{
    Recipe[] all = [.. candidates.Distinct()];
    var work = (from recipe in all where !known.ContainsKey(recipe) from seed in seeds select (recipe, seed)).ToArray();
    var found = new (double Accuracy, double Loss)[work.Length];
    Parallel.For(0, work.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => found[i] = Train(work[i].recipe, work[i].seed));
    for (int i = 0; i < work.Length; i++)
    {
        (Recipe recipe, ulong seed) = work[i];
        known[recipe] = known.GetValueOrDefault(recipe) + (found[i].Accuracy / seeds.Length);
        rows.AppendLine(CultureInfo.InvariantCulture, $"\"{model}\",\"{name}\",{recipe.Rate},{recipe.ScheduleText},\"{recipe.Optimizer}\",{recipe.Batch},{recipe.Epochs},{seed},{found[i].Accuracy:F4},{found[i].Loss:F4}");
    }
    best = all.MaxBy(recipe => known[recipe])!;
    foreach (Recipe recipe in all) Console.WriteLine($"  {name}: {recipe.Text}: {known[recipe]:P2}{(recipe == best ? " *" : "")}");
}

(double Accuracy, double Loss) Train(Recipe recipe, ulong seed)
{
    var settings = new RunSettings
    {
        Model = model,
        Policy = "never",
        Device = "cpu",
        Threads = 1,
        Seed = seed,
        LearningRate = recipe.Rate,
        Schedule = recipe.ScheduleText,
        Optimizer = recipe.Optimizer,
        BatchSize = recipe.Batch,
        Epochs = recipe.Epochs,
    };
    using RunParts parts = RunParts.Resolve(settings);
    var last = new Last();
    if (new Trainer(parts, observer: last).Run().Failure is not null) return (0, double.NaN);
    return (last.Row?.ValidationAccuracy ?? 0, last.Row?.ValidationLoss ?? double.NaN);
}

internal sealed record Recipe(float Rate, double WarmUp, double Clip, double Decay, string Schedule, int Batch, int Epochs)
{
    public string ScheduleText => Schedule != "one-cycle" && WarmUp > 0 ? FormattableString.Invariant($"{Schedule}:warmup={WarmUp}") : Schedule;
    public string Optimizer => FormattableString.Invariant($"sgd:decay={Decay:0.#####},clip={Clip}");

    /// <summary>A model's present recipe; its schedule and optimizer are read from their texts.</summary>
    public static Recipe Of(RunSettings settings)
    {
        string[] schedule = settings.Schedule.Split(":warmup=");
        double Setting(string name) => double.Parse(settings.Optimizer.Split(name + "=")[1].Split(',')[0], CultureInfo.InvariantCulture);
        return new Recipe(settings.LearningRate, schedule.Length > 1 ? double.Parse(schedule[1], CultureInfo.InvariantCulture) : 0, Setting("clip"), Setting("decay"), schedule[0], settings.BatchSize, settings.Epochs);
    }

    public string Text => $"lr {Rate}, {ScheduleText}, {Optimizer}, batch {Batch}, {Epochs} epochs";
}

internal sealed class Last : IRunObserver
{
    public MetricRow? Row { get; private set; }
    public void Started(RunParts parts, ResearchFreeze.DynamicFreeze.FreezeController freeze) { }
    public void Logged(MetricRow row)
    {
        if (row.ValidationAccuracy is not null) Row = row;
    }
    public void Stepped(int step, int epoch) { }
}
