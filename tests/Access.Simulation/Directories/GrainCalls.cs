using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace EngageCenter.Directories.Simulation;

/// <summary>A reference to a grain or an observer. Each call on it becomes a message.</summary>
[SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "The proxies that are made at run time derive from it.")]
internal class Remote : DispatchProxy
{
    private Func<MethodInfo, object?[], object> send = null!;

    public static T To<T>(Func<MethodInfo, object?[], object> send)
        where T : class
    {
        var remote = Create<T, Remote>();
        ((Remote)(object)remote).send = send;
        return remote;
    }

    protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => send(targetMethod!, args ?? []);
}

/// <summary>The return type of a call: a task or a value task, with or without a result.</summary>
internal abstract class Returning
{
    private static readonly ConcurrentDictionary<Type, Returning> known = new();

    public static Returning Of(Type type) => known.GetOrAdd(type, static of =>
    {
        var isTask = !of.IsValueType;
        var result = of.IsGenericType ? of.GetGenericArguments()[0] : typeof(bool);
        return (Returning)Activator.CreateInstance(typeof(As<>).MakeGenericType(result), [isTask])!;
    });

    /// <summary>Sends a call, and returns its result in this return type.</summary>
    public abstract object Call(IMessenger messenger, MethodInfo method, object?[] args);

    private sealed class As<T>(bool isTask) : Returning
    {
        public override object Call(IMessenger messenger, MethodInfo method, object?[] args)
        {
            var called = messenger.Send(method, args, target => Awaited(method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, args, null)!));
            return isTask ? called : new ValueTask<T>(called);
        }

        private static async Task<T> Awaited(object returned)
        {
            switch (returned)
            {
                case Task<T> task:
                    return await task;
                case ValueTask<T> task:
                    return await task;
                case ValueTask task:
                    await task;
                    return default!;
                default:
                    await (Task)returned;
                    return default!;
            }
        }
    }
}

/// <summary>Sends calls to their target.</summary>
internal interface IMessenger
{
    /// <summary>Sends a call.</summary>
    /// <param name="call">Makes the call on the target.</param>
    Task<T> Send<T>(MethodInfo method, object?[] args, Func<object, Task<T>> call);
}
