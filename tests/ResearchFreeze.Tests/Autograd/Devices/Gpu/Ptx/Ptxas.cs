using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What NVIDIA's assembler says of a kernel.</summary>
internal sealed partial record PtxasUsage(int Registers, int SharedBytes, int StackBytes, int SpillBytes)
{
    /// <summary>Reads the report of <c>ptxas -v</c> of one kernel; a function that it calls counts with it.</summary>
    /// <exception cref="FormatException">The report names no registers.</exception>
    public static PtxasUsage Parse(string report)
    {
        if (!Used().IsMatch(report)) throw new FormatException($"ptxas's report names no registers: {report.ReplaceLineEndings(" ")}");
        return new PtxasUsage(Numbers(Used(), report).Max(), Numbers(Shared(), report).Sum(), Numbers(Stack(), report).Sum(), Numbers(Spill(), report).Sum());
    }

    private static IEnumerable<int> Numbers(Regex pattern, string report) => pattern.Matches(report).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"Used (\d+) registers")]
    private static partial Regex Used();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();

    [GeneratedRegex(@"(\d+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex(@"(\d+) bytes spill (?:stores|loads)")]
    private static partial Regex Spill();
}

/// <summary>NVIDIA's assembler and disassembler in a folder.</summary>
internal sealed partial class Ptxas(string bin)
{
    /// <summary>Names the folder that has <c>ptxas</c> and <c>nvdisasm</c>.</summary>
    public const string Variable = "RESEARCHFREEZE_PTXAS";

    /// <summary>For example <c>release 11.8, V11.8.89</c>.</summary>
    public string Version() => Release().Match(Run("ptxas", "--version")).Groups[1].Value.Trim();

    /// <summary>Assembles a kernel that was compiled for an architecture into a file.</summary>
    public PtxasUsage Assemble(string ptx, CudaTarget target, string file)
    {
        string source = file + ".ptx";
        File.WriteAllText(source, ptx);
        return PtxasUsage.Parse(Run("ptxas", "-v", $"-arch={target.Name}", "-o", file, source));
    }

    /// <summary>An assembled kernel's instructions, with labels.</summary>
    public string Disassemble(string file) => Run("nvdisasm", "-c", file);

    private string Run(string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(bin, tool), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} failed: {output.Trim()}");
        return output;
    }

    [GeneratedRegex(@"Cuda compilation tools, (.*)")]
    private static partial Regex Release();
}
