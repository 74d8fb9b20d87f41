using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed partial class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Cases = TestDevices.IsLong ? 400 : 120;
    private static readonly string[] Words =
    [
        "", "-", "--", "=", ":", ",", "[diagram]", "[suggest]", "@", "@x", "\"", "'", "\0", "\n", "é", "NaN", "-1",
        "0", "1e9", "1e-9", "mlp", "static:1", "never", "--json", "--help", "-h", "/?", "--lr=",
        "train", "bench", "devices", "cpu", "cuda", "opencl", "auto", "x", "%s", "{0}", "[red]", "..",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void NoMutatedCommandLineEndsInAnythingButSuccessOrOneLine()
    {
        FreezeRun.Images(images);
        var random = new RandomStream(TestDevices.Seed, "fuzz");
        string run = Path.Combine(folder.Root, "run");
        var codes = new SortedDictionary<int, int>();
        for (int number = 0; number < Cases; number++)
        {
            string[] args = Args(random, run);
            string shown = $"seed {TestDevices.Seed}, case {number}: {string.Join(" | ", args)}";
            FreezeRun result;
            try
            {
                result = FreezeRun.Of(args);
            }
            catch (Exception exception)
            {
                Assert.Fail($"{shown}\n{exception}");
                throw;
            }
            codes[result.Code] = codes.GetValueOrDefault(result.Code) + 1;
            int lines = result.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Length;
            // A rate may be mutated to one that training does not survive: then it ends with 1 and says so.
            bool isFine = result.Code switch
            {
                0 => true,
                1 => lines == 1 && result.Error.Contains("is not finite", StringComparison.Ordinal),
                2 => lines == 1 && result.Error.StartsWith("error: ", StringComparison.Ordinal) && !Directory.Exists(run),
                _ => false,
            };
            Assert.True(isFine, $"{shown}\nexit code {result.Code}\n{result.Error}{result.Output}");
            if (Directory.Exists(run)) Directory.Delete(run, recursive: true);
        }
        output.WriteLine(string.Join(", ", codes.Select(pair => $"exit code {pair.Key}: {pair.Value}")));
        Assert.True(codes.GetValueOrDefault(0) > Cases / 20 && codes.GetValueOrDefault(2) > Cases / 4);
    }

    private string[] Args(RandomStream random, string run)
    {
        while (true)
        {
            List<string> args = random.NextInt32(3) == 0
                ? ["bench", "--model", "mlp:6,4,3", "--batch", "2", "--steps", "1", "--threads", "1", "--device", "cpu"]
                :
                [
                    "train", "--model", "mlp:6,4,3", "--policy", "adaptive:patience=1,window=1,drift=2", "--epochs", "1", "--batch", "16",
                    "--optimizer", "sgd:momentum=0.9,clip=1", "--lr", "0.05", "--schedule", "cosine:warmup=2", "--seed", "3", "--accumulate", "1",
                    "--threads", "1", "--device", "cpu",
                ];
            int mutations = 1 + random.NextInt32(2);
            for (int i = 0; i < mutations; i++) Mutate(args, random);
            // Sizes stay small: what is asked for must be done in no time.
            if (args.Any(arg => ManyDigits().IsMatch(arg))) continue;
            if (args.Contains("train")) args.AddRange([$"--data={images.Root}", $"--out={run}"]);
            return [.. args];
        }
    }

    private static void Mutate(List<string> args, RandomStream random)
    {
        if (args.Count == 0) return;
        int at = random.NextInt32(args.Count);
        string text = args[at];
        int place = random.NextInt32(text.Length + 1);
        switch (random.NextInt32(16))
        {
            case 0: args.RemoveAt(at); break;
            case 1: args.Insert(at, args[random.NextInt32(args.Count)]); break;
            case 2: args[at] = Words[random.NextInt32(Words.Length)]; break;
            case 3: args.Insert(at, Words[random.NextInt32(Words.Length)]); break;
            case 4: args[at] = text.Insert(place, Words[random.NextInt32(Words.Length)]); break;
            case 5: args[at] = text[..place]; break;
            case 6: args[at] = text.Insert(place, ((char)(32 + random.NextInt32(95))).ToString()); break;
            case 7:
                if (place < text.Length) args[at] = text.Remove(place, 1);
                break;
            default:   // gentle: other numbers in the right places
                args[at] = string.Concat(text.Select(c => char.IsAsciiDigit(c) && random.NextInt32(2) == 0 ? (char)('0' + random.NextInt32(10)) : c));
                break;
        }
    }

    [GeneratedRegex(@"\d{3}|\de\d")]
    private static partial Regex ManyDigits();
}
