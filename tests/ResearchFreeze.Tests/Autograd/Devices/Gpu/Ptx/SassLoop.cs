using System.Text.RegularExpressions;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// The loop of a disassembled kernel that has the most FFMA, without the loops inside it: how many instructions it has, how many of them are FFMA, and how wide its loads from shared memory are, in bits.
/// </summary>
internal sealed record SassLoop(int Instructions, int Ffma, IReadOnlyList<int> SharedWidths)
{
    public double FfmaShare => (double)Ffma / Instructions;

    /// <summary>Reads <c>nvdisasm -c</c>'s text of one kernel; null: no loop has an FFMA.</summary>
    /// <exception cref="FormatException">The text has no instruction, or a jump that is only known at run time.</exception>
    public static SassLoop? Innermost(string sass)
    {
        SassGraph graph = SassGraph.Parse(sass);
        var best = new SassLoop(1, 0, []);
        foreach (IReadOnlyList<SassInstruction> loop in graph.Loops())
        {
            int ffma = loop.Count(instruction => instruction.Is("FFMA"));
            if (ffma > best.Ffma) best = new SassLoop(loop.Count, ffma, [.. loop.Where(instruction => instruction.Is("LDS")).Select(Width).Distinct().Order()]);
        }
        return best.Ffma > 0 ? best : null;
    }

    private static int Width(SassInstruction load)
    {
        string[] parts = load.Name.Split('.');
        return parts.Contains("128") ? 128 : parts.Contains("64") ? 64 : parts.Contains("U16") || parts.Contains("S16") ? 16 : parts.Contains("U8") || parts.Contains("S8") ? 8 : 32;
    }
}

/// <summary>An instruction with where it may jump to.</summary>
internal sealed record SassInstruction(string Name, bool IsConditional, string? Target)
{
    public bool Is(string operation) => Name == operation || Name.StartsWith(operation + ".", StringComparison.Ordinal);
}

/// <summary>A disassembled kernel's flow of control, an instruction a node: compilers move unlikely code out of a loop's range of addresses, so a loop is more than what lies between a label and a jump back to it.</summary>
internal sealed partial class SassGraph
{
    private readonly List<SassInstruction> instructions = [];
    private readonly Dictionary<string, int> labels = [];

    private SassGraph()
    {
    }

    public static SassGraph Parse(string sass)
    {
        var graph = new SassGraph();
        foreach (string line in sass.Split('\n'))
        {
            if (Label().Match(line) is { Success: true } label) graph.labels[label.Groups[1].Value] = graph.instructions.Count;
            else if (Instruction().Match(line) is { Success: true } match) graph.instructions.Add(Read(match));
        }
        if (graph.instructions.Count == 0) throw new FormatException("the disassembly has no instruction.");
        return graph;
    }

    /// <summary>The natural loops: for each jump back to an instruction that is always passed before, what leads to the jump without passing that one again. Each without the loops inside it.</summary>
    public IEnumerable<IReadOnlyList<SassInstruction>> Loops()
    {
        List<int>[] next = [.. instructions.Select((_, i) => Next(i))], previous = [.. instructions.Select(_ => new List<int>())];
        for (int i = 0; i < next.Length; i++) next[i].ForEach(to => previous[to].Add(i));
        int[] order = Order(next), dominators = Dominators(order, previous);
        var bodies = new Dictionary<int, HashSet<int>>();
        foreach (int from in order)
        {
            foreach (int head in next[from].Where(to => Dominates(dominators, to, from)))
            {
                if (!bodies.TryGetValue(head, out HashSet<int>? body)) bodies[head] = body = [head];
                Collect(body, from, previous);
            }
        }
        foreach (HashSet<int> body in bodies.Values)
        {
            var own = new HashSet<int>(body);
            foreach (HashSet<int> other in bodies.Values.Where(other => other.IsProperSubsetOf(body))) own.ExceptWith(other);
            yield return [.. own.Order().Select(i => instructions[i])];
        }
    }

    private static SassInstruction Read(Match match)
    {
        string name = match.Groups["name"].Value, operands = match.Groups["operands"].Value;
        if (name.StartsWith("BRX", StringComparison.Ordinal) || name.StartsWith("JMX", StringComparison.Ordinal)) throw new FormatException($"the disassembly has the indirect jump {name}, whose loops are not known.");
        bool jumps = name.Split('.')[0] is "BRA" or "JMP";
        // BRA P0, `(.L) has its condition among its operands; BRA.DIV and BRA.CONV jump for some threads.
        bool conditional = match.Groups["guard"].Success || (jumps && (!operands.StartsWith('`') || name is not ("BRA" or "BRA.U" or "JMP")));
        return new SassInstruction(name, conditional, jumps ? Target().Match(operands).Groups[1].Value : null);
    }

    private List<int> Next(int i)
    {
        SassInstruction instruction = instructions[i];
        var result = new List<int>(2);
        if (instruction.Target is { } target) result.Add(labels.TryGetValue(target, out int to) ? to : throw new FormatException($"the disassembly has no label {target}."));
        bool ends = instruction.Target is not null || instruction.Is("EXIT") || instruction.Is("RET");
        if ((!ends || instruction.IsConditional) && i + 1 < instructions.Count && !result.Contains(i + 1)) result.Add(i + 1);
        return result;
    }

    /// <summary>What can be reached, each before all that follow it (jumps back apart).</summary>
    private static int[] Order(List<int>[] next)
    {
        var done = new List<int>();
        var visited = new HashSet<int> { 0 };
        var path = new Stack<(int Node, int Edge)>([(0, 0)]);
        while (path.TryPop(out (int Node, int Edge) at))
        {
            if (at.Edge == next[at.Node].Count)
            {
                done.Add(at.Node);
                continue;
            }
            path.Push((at.Node, at.Edge + 1));
            if (visited.Add(next[at.Node][at.Edge])) path.Push((next[at.Node][at.Edge], 0));
        }
        done.Reverse();
        return [.. done];
    }

    /// <summary>Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001). -1: cannot be reached.</summary>
    private static int[] Dominators(int[] order, List<int>[] previous)
    {
        int[] place = new int[previous.Length], result = new int[previous.Length];
        Array.Fill(result, -1);
        for (int i = 0; i < order.Length; i++) place[order[i]] = i;
        result[0] = 0;
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (int node in order.Skip(1))
            {
                int common = -1;
                foreach (int from in previous[node].Where(from => result[from] >= 0)) common = common < 0 ? from : Meet(from, common);
                changed |= result[node] != common;
                result[node] = common;
            }
        }
        return result;

        int Meet(int a, int b)
        {
            while (a != b)
            {
                while (place[a] > place[b]) a = result[a];
                while (place[b] > place[a]) b = result[b];
            }
            return a;
        }
    }

    private static bool Dominates(int[] dominators, int head, int node)
    {
        while (node != head && node != 0) node = dominators[node];
        return node == head;
    }

    private static void Collect(HashSet<int> body, int from, List<int>[] previous)
    {
        var work = new Stack<int>([from]);
        while (work.TryPop(out int node))
        {
            if (body.Add(node)) previous[node].ForEach(work.Push);
        }
    }

    [GeneratedRegex(@"^([.\w$]+):\s*$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\s+/\*[0-9a-f]+\*/\s+(?:\{\s*)?(?<guard>@!?U?P\w+\s+)?(?<name>[A-Z][A-Z0-9_.a-z]*)\s*(?<operands>[^;]*);")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"`\(([^)]+)\)")]
    private static partial Regex Target();
}
