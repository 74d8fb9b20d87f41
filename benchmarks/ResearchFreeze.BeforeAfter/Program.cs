using System.CommandLine;
using System.Globalization;
using ResearchFreeze.BeforeAfter;

var root = new RootCommand("Times two builds of the library in turn, so that whatever else the machine does meets both: scripts/before-after.sh COMMIT CASE...");

var threads = new Option<int>("--threads") { Description = "Threads of each.", DefaultValueFactory = _ => 2 };
var worker = new Command("worker", "One build's side: cases on standard input, medians on standard output.") { threads };
worker.SetAction(parsed => Guarded(() => Worker.Run(parsed.GetValue(threads), Console.In, Console.Out)));
root.Subcommands.Add(worker);

var before = new Option<DirectoryInfo>("--before") { Description = "The folder of the older build of this program.", Required = true };
var after = new Option<DirectoryInfo>("--after") { Description = "The folder of the newer one.", Required = true };
var rounds = new Option<int>("--rounds") { Description = "Turns of each, after one that is not counted.", DefaultValueFactory = _ => 15 };
var turn = new Option<double>("--turn") { Description = "Milliseconds of a turn.", DefaultValueFactory = _ => 200 };
var cases = new Argument<string[]>("case") { Description = "MODEL[@BATCH][/FROZEN], controlled:MODEL[@BATCH][/FROZEN], product:MxNxK[:tn], conv:BATCHxSIZExINxOUT[xGROUPS][:weight], pool:BATCHxSIZExCHANNELS, sgd:COUNT", Arity = ArgumentArity.OneOrMore };
var compare = new Command("compare", "Times the cases with both builds.") { before, after, threads, rounds, turn, cases };
compare.SetAction(parsed => Guarded(() =>
{
    Contender Old() => new(parsed.GetRequiredValue(before), parsed.GetValue(threads));
    Contender Current() => new(parsed.GetRequiredValue(after), parsed.GetValue(threads));
    Console.WriteLine("case                                         before ms   after ms   ratio  quartiles of the rounds");
    foreach (string name in parsed.GetRequiredValue(cases)) Compare(name, Old, Current, Math.Max(1, parsed.GetValue(rounds)), parsed.GetValue(turn));
}));
root.Subcommands.Add(compare);

return root.Parse(args).Invoke();

static void Compare(string name, Func<Contender> before, Func<Contender> after, int rounds, double milliseconds)
{
    // Where its memory happens to lie makes a process some per cent faster or slower for as long as it lives: a pair of processes has only a few rounds.
    const int RoundsAProcess = 3;
    double[] old = new double[rounds], current = new double[rounds], ratios = new double[rounds];
    for (int first = 0; first < rounds; first += RoundsAProcess)
    {
        // Who starts changes too: on two processors the process that started second was often twice as slow, with the same build on both sides.
        bool isAfterFirst = first / RoundsAProcess % 2 != 0;
        Contender? early = isAfterFirst ? after() : null;
        using Contender one = before(), other = early ?? after();
        // Compiles and fills pools.
        one.Turn(name, milliseconds);
        other.Turn(name, milliseconds);
        for (int round = first; round < Math.Min(rounds, first + RoundsAProcess); round++)
        {
            // Who begins changes, so that a drift of the clock favours neither.
            if (round % 2 == 0) old[round] = one.Turn(name, milliseconds);
            current[round] = other.Turn(name, milliseconds);
            if (round % 2 != 0) old[round] = one.Turn(name, milliseconds);
            ratios[round] = current[round] / old[round];
        }
    }
    foreach (double[] values in new[] { old, current, ratios }) Array.Sort(values);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{name,-42}  {old[rounds / 2],10:F4} {current[rounds / 2],10:F4}   {ratios[rounds / 2],5:F3}  {ratios[rounds / 4]:F3} to {ratios[rounds * 3 / 4]:F3}"));
}

static int Guarded(Action action)
{
    try
    {
        action();
        return 0;
    }
    catch (Exception exception) when (exception is ArgumentException or FormatException)
    {
        Console.Error.WriteLine(exception.Message);
        return 2;
    }
}
