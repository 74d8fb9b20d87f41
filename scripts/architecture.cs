#:project ../src/Cli/Cli.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
// Draws docs/architecture-projects.svg from the project references and docs/architecture-step.svg from the stacks of a run: what calls what is read, not written down.
// Usage, in the repository's root: dotnet run scripts/architecture.cs

using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Xml.Linq;
using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

if (!File.Exists("ResearchFreeze.sln")) return Fail("run this in the repository's root");
Draw.Projects("docs/architecture-projects.svg");

// A whole run of the command, with a model whose operation and a criterion whose statistic write down who called them.
string folder = Directory.CreateTempSubdirectory().FullName;
int code = FreezeApp.Run(["train", "--model", "watched", "--epochs", "1", "--device", "cpu", "--threads", "1", "--criterion", "watched", "--rule", "threshold", "--out", Path.Combine(folder, "run")], c =>
{
    c.Models.Add("watched", "watched", _ => new ModelSpec((sample, classes) => Watched.Model(sample.Count, classes), Shape.Scalar, 0));
    c.Criteria.Add("watched", "watched", _ => new WatchedCriterion());
});
Directory.Delete(folder, recursive: true);
if (code != 0) return Fail("the run failed");

// And a loop of one's own, for what a freeze tells.
using (var device = new CpuDevice(1))
using (Sequential model = Watched.Model(4, 2))
{
    model.Initialize(device, 1);
    using var optimizer = new Sgd(model, new Constant(0.1f));
    using var freeze = new FreezeController(model, optimizer, new WatchedCriterion(), new Threshold(patience: 1), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
    freeze.UnitChanged += (_, _) => Stacks.Keep("freeze");
    for (int step = 0; step < 4; step++)
    {
        using var scope = new Scope();
        model.Forward(Tensor.Full(device, [3, 4], 1)).Sum().Backward();
        freeze.Step();
    }
}
Draw.Step("docs/architecture-step.svg",
[
    ("from the command to a kernel", Stacks.Of("forward")), ("a gradient", Stacks.Of("backward", from: "Tensor")), ("its statistic", Stacks.Of("statistic", from: "FreezeController")), ("a freeze", Stacks.Of("freeze", from: "FreezeController")),
]);
return 0;

static int Fail(string message)
{
    Console.Error.WriteLine($"architecture: {message}");
    return 2;
}

internal static class Stacks
{
    private static readonly Dictionary<string, (string Project, string Call)[]> kept = [];

    /// <summary>Keeps the callers of ResearchFreeze's own, outermost first, the first time that it is called for a name and from there.</summary>
    public static void Keep(string name, string through = "")
    {
        if (kept.ContainsKey(name)) return;
        var calls = new List<(string Project, string Call)>();
        foreach (StackFrame frame in new StackTrace().GetFrames().Reverse())
        {
            if (DiagnosticMethodInfo.Create(frame) is not { DeclaringTypeName: { } type } method || !type.StartsWith("ResearchFreeze.", StringComparison.Ordinal)) continue;
            string[] names = type.Split('.', '+');
            string owner = names[2].Split('`')[0];
            // What a compiler makes of a lambda or an iterator has the name of the method around it in it.
            string call = method.Name.Contains('<', StringComparison.Ordinal) ? "" : names.Length > 3 && names[3].Contains('<', StringComparison.Ordinal) ? names[3].Split('<', '>')[1] : method.Name;
            if (call.Length == 0 || calls.Count > 0 && calls[^1] == (names[1], $"{owner}.{call}")) continue;
            calls.Add((names[1], $"{owner}.{call}"));
        }
        if (through.Length == 0 || calls.Any(call => call.Call == through)) kept[name] = [.. calls];
    }

    public static (string Project, string Call)[] Of(string name, string from = "")
    {
        (string Project, string Call)[] calls = kept[name];
        return [.. calls.SkipWhile(call => !call.Call.StartsWith(from, StringComparison.Ordinal))];
    }
}

/// <summary>x itself, and a word about who asked for it.</summary>
public readonly struct WatchedOp<T> : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    public T Apply(T x) => x;

    public T Derivative(T x, T y) => T.One;

    public Vector<T> Apply(Vector<T> x)
    {
        Stacks.Keep("forward", through: "Trainer.Run");      // a run tries a batch before it begins
        return x;
    }

    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Stacks.Keep("backward");
        return Vector<T>.One;
    }
}

internal sealed class Watched : Module
{
    private static readonly MapFunction function = new(MapKernel.Of("watched", MapUse.Input, new WatchedOp<double>(), new WatchedOp<float>(), new WatchedOp<float>()));

    public static Sequential Model(int inputs, int classes) =>
        new(("flatten", new Flatten()), ("fc1", new Linear(inputs, 16)), ("watched", new Watched()), ("fc2", new Linear(16, 16)), ("head", new Linear(16, classes)));

    public override Tensor Forward(Tensor x) => function.Apply(x);
}

internal sealed class WatchedCriterion : ICriterion
{
    public string Name => "watched";
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new WatchedStatistic()];
    public double Score(UnitHistory history) => history.Count < 2 ? double.NaN : 0;
}

internal sealed class WatchedStatistic : UnitStatistic
{
    public override string Key => "watched";
    public override Reads Reads => Reads.Gradient;
    public override IReadOnlyList<string> Values { get; } = ["nothing"];
    public override void Accumulate(StepView step) => Stacks.Keep("statistic");
    public override void Read(StepView step, TensorRange values) => step.Device.Fill(values, 0);
}

internal static class Draw
{
    private static readonly string[] Order = ["Autograd", "Layers", "Data", "DynamicFreeze", "Training", "Evaluation", "Cli", "Tool"];
    private static readonly string[] Colours = ["#dbe9f6", "#d9f0d3", "#fdf0c4", "#f9d9d0", "#e5d9f2", "#d5eeee", "#eeeeee", "#ffffff"];

    public static void Projects(string path)
    {
        Dictionary<string, string[]> uses = Directory.GetFiles("src", "*.csproj", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetFileNameWithoutExtension(file), file => XDocument.Load(file).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).ToArray());
        int Level(string project) => uses[project].Length == 0 ? 0 : 1 + uses[project].Max(Level);
        const int Width = 150, Height = 44, Gap = 34;
        Dictionary<string, (int X, int Y)> places = [];
        int levels = uses.Keys.Max(Level);
        foreach (IGrouping<int, string> level in uses.Keys.GroupBy(Level))
        {
            string[] row = [.. level.OrderBy(project => Array.IndexOf(Order, project))];
            for (int i = 0; i < row.Length; i++) places[row[i]] = (20 + (i * (Width + 60)) + (row.Length == 1 ? (Width + 60) / 2 : 0), 20 + ((levels - level.Key) * (Height + Gap)));
        }
        var svg = new StringBuilder();
        foreach ((string project, string[] used) in uses)
        {
            foreach (string other in used) Arrow(svg, places[project].X + (Width / 2), places[project].Y + Height, places[other].X + (Width / 2), places[other].Y);
        }
        foreach ((string project, (int x, int y)) in places)
        {
            int files = Directory.GetFiles(Path.Combine("src", project), "*.cs", SearchOption.AllDirectories).Count(file => !file.Contains("/obj/", StringComparison.Ordinal));
            Box(svg, x, y, Width, Height, project, project, "600");
            Text(svg, x + (Width / 2), y + 36, 10, $"{files} files", "middle");
        }
        Save(path, svg, 20 + (2 * (Width + 60)), 20 + ((levels + 1) * (Height + Gap)), "The projects: each uses those that its arrows point to");
    }

    public static void Step(string path, (string Title, (string Project, string Call)[] Calls)[] chains)
    {
        const int Width = 268, Height = 22, Gap = 10, Top = 66;
        var svg = new StringBuilder();
        int x = 16, deepest = 0;
        foreach ((string title, (string Project, string Call)[] calls) in chains)
        {
            Text(svg, x + (Width / 2), Top - 14, 13, title, "middle");
            for (int i = 0; i < calls.Length; i++)
            {
                int y = Top + (i * (Height + Gap));
                if (i > 0) Arrow(svg, x + (Width / 2), y - Gap, x + (Width / 2), y);
                Box(svg, x, y, Width, Height, calls[i].Call, calls[i].Project, "400");
                deepest = Math.Max(deepest, y + Height);
            }
            x += Width + 18;
        }
        for (int i = 0; i < Order.Length - 1; i++) Box(svg, 16 + (i * 130), 10, 120, 20, Order[i], Order[i], "600");
        Save(path, svg, x, deepest + 16, "One step, as its stacks show it");
    }

    private static void Box(StringBuilder svg, int x, int y, int width, int height, string text, string project, string weight)
    {
        svg.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\" fill=\"{Colours[Math.Max(0, Array.IndexOf(Order, project))]}\" stroke=\"#666\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{x + (width / 2)}\" y=\"{y + (height > 30 ? 20 : 15)}\" font-size=\"{(height > 30 ? 14 : 11)}\" font-weight=\"{weight}\" text-anchor=\"middle\">{text}</text>");
    }

    private static void Text(StringBuilder svg, int x, int y, int size, string text, string anchor) =>
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{text}</text>");

    private static void Arrow(StringBuilder svg, int fromX, int fromY, int toX, int toY) =>
        svg.AppendLine(CultureInfo.InvariantCulture, $"<line x1=\"{fromX}\" y1=\"{fromY}\" x2=\"{toX}\" y2=\"{toY - 2}\" stroke=\"#666\" marker-end=\"url(#head)\"/>");

    private static void Save(string path, StringBuilder body, int width, int height, string title) => File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="sans-serif">
        <title>{title}</title>
        <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>
        <rect width="100%" height="100%" fill="white"/>
        {body.ToString().TrimEnd()}
        </svg>

        """));
}
