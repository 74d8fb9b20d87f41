#:project ../src/Training/Training.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
// Checks the settings of the policy adaptive on the embedded images, by validation accuracy alone: each setting beside full training with the default recipe and beside shorter full runs, whose schedule ends with them.
// Two runs at a time, each on one thread: results do not depend on it. Usage: see scripts/recipes.sh.

using System.Globalization;
using System.Text;
using ResearchFreeze.Training;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string model = args[0], file = args[1];
int seeds = int.Parse(args[2], CultureInfo.InvariantCulture);
int full = RunSettings.For(model).Epochs;
var candidates = new List<(string Policy, int Epochs)>();
for (int epochs = full; epochs >= (full + 1) / 2; epochs--) candidates.Add(("never", epochs));
foreach (string settings in (string[])["", ":drift=0.1", ":drift=0.05", ":still=0.005", ":patience=8", ":window=12", ":drift=0.1,patience=8", ":drift=0.05,patience=8", ":drift=0.05,still=0.005", ":drift=0.02,still=0.005", ":drift=0.02,still=0.005,patience=8"])
    candidates.Add(("adaptive:loss=off" + settings.Replace(':', ','), full));

(int Candidate, ulong Seed)[] work = [.. from seed in Enumerable.Range(1, seeds) from candidate in Enumerable.Range(0, candidates.Count) select (candidate, (ulong)seed)];
var found = new (double Accuracy, double Loss, double Operations)[work.Length];
Parallel.For(0, work.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i => found[i] = Train(candidates[work[i].Candidate].Policy, candidates[work[i].Candidate].Epochs, work[i].Seed));

double fullOperations = Enumerable.Range(0, work.Length).Where(i => work[i].Candidate == 0).Average(i => found[i].Operations);
var rows = new StringBuilder("model,policy,epochs,seed,validationAccuracy,validationLoss,operations\n");
for (int i = 0; i < work.Length; i++)
{
    (string policy, int epochs) = candidates[work[i].Candidate];
    rows.AppendLine(CultureInfo.InvariantCulture, $"\"{model}\",\"{policy}\",{epochs},{work[i].Seed},{found[i].Accuracy:F4},{found[i].Loss:F4},{found[i].Operations / fullOperations:F4}");
}
File.WriteAllText(file, rows.ToString());

Console.WriteLine($"{model}, {seeds} seeds, validation data; differences from {full} epochs of full training, seed by seed, ± one standard error");
Console.WriteLine($"  {"policy",-40} {"epochs",6} {"operations",10} {"accuracy, points",18} {"loss, nats",18}");
foreach ((int candidate, (string policy, int epochs)) in candidates.Index())
{
    int[] mine = [.. Enumerable.Range(0, work.Length).Where(i => work[i].Candidate == candidate)], baseline = [.. Enumerable.Range(0, work.Length).Where(i => work[i].Candidate == 0)];
    string Paired(Func<int, double> value, string format)
    {
        double[] differences = [.. mine.Select((i, n) => value(i) - value(baseline[n]))];
        double mean = differences.Average(), error = Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / Math.Max(1, seeds - 1) / seeds);
        return $"{mean.ToString(format, CultureInfo.InvariantCulture)} ± {error.ToString(format, CultureInfo.InvariantCulture)}";
    }

    Console.WriteLine($"  {policy,-40} {epochs,6} {mine.Average(i => found[i].Operations) / fullOperations,10:P1} {Paired(i => 100 * found[i].Accuracy, "F2"),18} {Paired(i => found[i].Loss, "F3"),18}");
}

(double Accuracy, double Loss, double Operations) Train(string policy, int epochs, ulong seed)
{
    using RunParts parts = RunParts.Resolve(RunSettings.For(model) with { Policy = policy, Epochs = epochs, Device = "cpu", Threads = 1, Seed = seed });
    var last = new Last();
    RunResult result = new Trainer(parts, observer: last).Run();
    return result.Failure is null ? (last.Row!.ValidationAccuracy!.Value, last.Row.ValidationLoss!.Value, result.Ledger.Done().Flops) : throw new InvalidOperationException($"{model} with {policy}, seed {seed}: {result.Failure}");
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
